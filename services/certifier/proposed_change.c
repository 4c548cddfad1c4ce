/* A change of ranges that the board was asked for: made, and followed to the sites. */
#include "proposed_change.h"

#include "base/bytes.h"
#include "ranges.h"
#include "sql.h"

static void free_request(Calbus__V1__RecertificationRequested *request)
{
    calbus__v1__recertification_requested__free_unpacked(request, NULL);
}
CB_DEFINE_CLEANUP(Calbus__V1__RecertificationRequested *, free_request)

static unsigned int digit(char c)
{
    return (unsigned int)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* Pairs of the digits 0-9a-f, as store_proposed_change.sql was given them. */
static void read_hex(const char *hex, struct cb_bytes *bytes)
{
    for (; hex[0] != '\0' && hex[1] != '\0'; hex += 2)
        cb_bytes_add(bytes, &(unsigned char){ (unsigned char)(digit(hex[0]) << 4 | digit(hex[1])) }, 1);
}

static bool load_request(struct cb_db *db, const char *proposal_id,
                         Calbus__V1__RecertificationRequested **ret_request, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    cb_auto_bytes struct cb_bytes packed = CB_BYTES(65536);
    if (!cb_db_run(db, sql_find_proposed_change, CB_P(cb_p_text(proposal_id)), &rows, err))
        return false;
    if (cb_rows_count(rows) > 0)
        read_hex(cb_rows_text(rows, 0, 0), &packed);
    *ret_request = calbus__v1__recertification_requested__unpack(NULL, packed.size,
                                                                 (const uint8_t *)cb_bytes_text(&packed));
    return (packed.size > 0 && *ret_request != NULL) ||
           cb_fail(err, CB_ERR_FATAL, "what proposal \"%s\" would change cannot be read", proposal_id);
}

static bool finish(struct cb_db *db, struct proposal *proposal, const char *who, const char *why,
                   const struct cb_event *cause, struct cb_error *err)
{
    return (proposal->state != CB_APPROVAL_ACCEPTED ||
            act_on_proposal(db, proposal, "start-deployment", who, why, cause, err)) &&
           (proposal->state != CB_APPROVAL_DEPLOYING ||
            act_on_proposal(db, proposal, "deployed", who, why, cause, err));
}

bool make_proposed_change(const struct certifier *me, struct cb_db *db, struct proposal *proposal,
                          const struct cb_event *cause, struct cb_error *err)
{
    cb_auto(free_request) Calbus__V1__RecertificationRequested *request = NULL;
    cb_auto(cb_rows_free) struct cb_rows *holders = NULL;
    struct range_outcome outcome;
    if (!load_request(db, proposal->id, &request, err))
        return false;
    const struct range_job job = {
        .me = me, .cause = cause, .request = request, .proposal_id = proposal->id
    };
    if (!change_ranges(&job, db, &outcome, err))
        return false;
    if (outcome.changed == 0)
        return cb_fail(err, CB_ERR_CONFLICT, "the ranges of %s are so already", request->collection);
    if (!cb_db_run(db, sql_count_holders,
                   CB_P(cb_p_text(proposal->repository), cb_p_text(proposal->ticket_chain),
                        cb_p_text(request->collection)),
                   &holders, err))
        return false;
    return cb_rows_int(holders, 0, 0) > 0 ||
           finish(db, proposal, "certifier", "no other site has it", cause, err);
}

bool note_followed(struct cb_db *db, struct proposal *proposal, const char *site, const char *repository,
                   const struct cb_event *cause, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, sql_store_facility,
                   CB_P(cb_p_text(proposal->id), cb_p_text(site), cb_p_text(repository),
                        cb_p_text("VERIFIED_IN_USE"), cb_p_text("its ranges are those of the source"),
                        cb_p_text("")),
                   NULL, err) ||
        !cb_db_run(db, sql_count_following, CB_P(cb_p_text(proposal->id)), &rows, err))
        return false;
    if (proposal->state == CB_APPROVAL_ACCEPTED &&
        !act_on_proposal(db, proposal, "start-deployment", "distributor", "a first site has followed", cause,
                         err))
        return false;
    return cb_rows_int(rows, 0, 0) > 0 ||
           finish(db, proposal, "distributor", "every site has followed", cause, err);
}
