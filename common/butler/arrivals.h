/* Private to common/butler: files on their way into a repository, listed until their transaction has ended,
 * so that what a killed writer leaves is told from what others are writing, and taken away.
 *
 *   <root>/.calbus-arriving/<uuid>     one list for each writing transaction
 *
 * While it lives, the transaction holds an advisory lock that all writers share, and that goes with its
 * connection: who gets it alone knows every list that is there for that of a dead writer. Then a file that is
 * listed and that no committed record names is nobody's. */
#pragma once

#include "butler/repository.h"

struct cb_arrivals; /* a list that is being written; one for each transaction */

/* The file of this path below the root is about to be made, in the open transaction. Files are announced and
 * made one after the other. What is found dead on the way is swept.
 * Errors: TRANSIENT the list cannot be written. */
CB_MUST_CHECK bool cb_arrival_announce(struct cb_repo *repo, const char *path, struct cb_error *err);
/* Take away what dead writers left, if nobody is writing, in the open transaction. What cannot be taken away
 * now is left to the next. */
void cb_arrivals_sweep(struct cb_repo *repo);
/* The handle closes; the list stays until the transaction ends. */
void cb_arrivals_detach(struct cb_repo *repo);
