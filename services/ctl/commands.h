/* Every noun of the command line, one file each. */
#pragma once

#include "ctl.h"

extern const struct ctl_noun noun_up, noun_down, noun_status, noun_logs, noun_env, noun_summary,
    noun_simulate;
extern const struct ctl_noun noun_db, noun_config, noun_event, noun_site, noun_version, noun_completion;
extern const struct ctl_noun noun_supervise;

/* What "calbus __complete WORD..." prints: the words that may stand in the last one's place. */
void ctl_complete(int argc, char **argv, FILE *out);

/* Nouns of the chain's steps. */
extern const struct ctl_noun noun_exposure, noun_generation, noun_verify, noun_certify, noun_approval;
extern const struct ctl_noun noun_dist, noun_alarm, noun_chain, noun_calib, noun_auxiliary;

/* Nouns of a repository, whatever is in it; their verbs are the commands of `butler`. */
extern const struct ctl_noun noun_repo, noun_instrument, noun_dataset_type, noun_collection, noun_dataset,
    noun_dimension;

/* All of them in the order in which help prints them. */
extern const struct ctl_noun *const ctl_nouns[];
extern const size_t ctl_nouns_count;

/* Programs that this one stands in for, by the name it is called by. They get the words of the command line.
 */
int butler_main(int argc, char **argv);
int bps_main(int argc, char **argv);
int cpv_report_main(int argc, char **argv);
