/* Files on other machines, read: s3://[PROFILE@]BUCKET/KEY, http:// and https:// URIs, as lsst.resources
 * reads them. Where from and by whose keys is told by the environment:
 *
 *   LSST_RESOURCES_S3_PROFILE_<PROFILE>, S3_ENDPOINT_URL   https://[KEY:SECRET@]HOST[:PORT]; Amazon unless
 * set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN   not asked for a PROFILE of the file below
 *   AWS_SHARED_CREDENTIALS_FILE (~/.aws/credentials), AWS_PROFILE (default)
 *   AWS_DEFAULT_REGION (us-east-1)
 *   LSST_HTTP_AUTH_BEARER_TOKEN (the token, or a file with it), LSST_HTTP_AUTH_CLIENT_CERT, _CLIENT_KEY,
 *   LSST_HTTP_CACERT_BUNDLE
 *
 * What fails for a while is tried again a few times. Keys and tokens are in no message. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* Is it such a URI? */
bool cb_remote_is(const char *uri);
/* Errors: NOT_FOUND there is none; INVALID no keys, no permission, no such URI; TRANSIENT. */
CB_MUST_CHECK bool cb_remote_size(const char *uri, int64_t *ret_size, struct cb_error *err);
/* Written beside the path, complete and synced, then renamed onto it. Errors: as above. */
CB_MUST_CHECK bool cb_remote_fetch(const char *uri, const char *path, struct cb_error *err);
/* A text, into memory; larger ones than the bytes may hold are refused. Errors: as above. */
CB_MUST_CHECK bool cb_remote_read(const char *uri, struct cb_bytes *text, struct cb_error *err);
/* The URI of a file below a folder's, its name percent-encoded; to be freed. */
char *cb_remote_join(const char *folder, const char *name);
/* "a b/c" of "s3://bucket/a%20b/c": below the bucket or host; to be freed. */
char *cb_remote_path(const char *uri);
