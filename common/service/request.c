/* What people ask services for, with the answers. */
#include "service/request.h"

#include "base/alloc.h"
#include "bus_sql.h"

#include <stdlib.h>

bool cb_request_put(struct cb_db *db, const char *id, const char *service, const char *actor,
                    const struct cb_outgoing *outgoing, const ProtobufCMessage *message, struct cb_error *err)
{
    return cb_db_run(db, bus_sql_put_request,
                     CB_P(cb_p_text(id), cb_p_text(outgoing->type), cb_p_text(service), cb_p_text(actor)),
                     NULL, err) &&
           cb_outbox_put(db, outgoing, message, err);
}

bool cb_request_is_served(struct cb_db *db, const char *service, bool *ret_served, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, bus_sql_count_live_instances, CB_P(cb_p_text(service)), &rows, err))
        return false;
    *ret_served = cb_rows_int(rows, 0, 0) > 0;
    return true;
}

bool cb_request_done(struct cb_db *db, const char *id, const char *result, struct cb_error *err)
{
    return cb_db_run(db, bus_sql_answer_request,
                     CB_P(cb_p_text(id), cb_p_text("done"), cb_p_int(0),
                          cb_p_text(result[0] != '\0' ? result : NULL), cb_p_null()),
                     NULL, err);
}

bool cb_request_refuse(struct cb_db *db, const char *id, const struct cb_error *why, struct cb_error *err)
{
    int status = why->kind == CB_ERR_NOT_FOUND ? 3 : why->kind == CB_ERR_CONFLICT ? 4 : 1;
    return cb_db_run(
        db, bus_sql_answer_request,
        CB_P(cb_p_text(id), cb_p_text("refused"), cb_p_int(status), cb_p_null(), cb_p_text(why->text)), NULL,
        err);
}

void cb_answer_done(struct cb_answer *answer)
{
    free(answer->result);
    free(answer->error);
    *answer = (struct cb_answer){ 0 };
}

bool cb_request_look(struct cb_db *db, const char *id, struct cb_answer *ret_answer, struct cb_error *err)
{
    cb_auto(cb_rows_free) struct cb_rows *rows = NULL;
    if (!cb_db_run(db, bus_sql_find_request, CB_P(cb_p_text(id)), &rows, err))
        return false;
    if (cb_rows_count(rows) == 0)
        return cb_fail(err, CB_ERR_NOT_FOUND, "no request \"%s\"", id);
    const char *result = cb_rows_text(rows, 0, 3), *error = cb_rows_text(rows, 0, 4);
    *ret_answer = (struct cb_answer){ .given = cb_rows_bool(rows, 0, 0),
                                      .refused = cb_rows_bool(rows, 0, 1),
                                      .exit = (int)cb_rows_int(rows, 0, 2),
                                      .result = cb_xstrdup(result != NULL ? result : ""),
                                      .error = cb_xstrdup(error != NULL ? error : "") };
    return true;
}
