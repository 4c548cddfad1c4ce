/* The life of a proposal. */
#include "domain/approval.h"
#include "support/spec.h"

#include <string.h>

static void goes_from_proposal_to_deployment(void **state)
{
    (void)state;
    static const struct {
        const char *action;
        enum cb_approval_state to;
    } life[] = { { "hail", CB_APPROVAL_HAILED },
                 { "flag", CB_APPROVAL_FLAGGED },
                 { "request-more", CB_APPROVAL_MORE_INFO },
                 { "supply", CB_APPROVAL_HAILED },
                 { "accept", CB_APPROVAL_ACCEPTED },
                 { "start-deployment", CB_APPROVAL_DEPLOYING },
                 { "deployed", CB_APPROVAL_DEPLOYED },
                 { "roll-back", CB_APPROVAL_ROLLED_BACK } };
    enum cb_approval_state at = CB_APPROVAL_PROPOSED;
    for (size_t i = 0; i < sizeof life / sizeof life[0]; i++) {
        assert_true(cb_approval_step(at, life[i].action, &at, NULL));
        assert_int_equal(at, life[i].to);
    }
}

static void refuses_to_decide_twice(void **state)
{
    (void)state;
    enum cb_approval_state at = CB_APPROVAL_REJECTED;
    struct cb_error err = { 0 };
    assert_false(cb_approval_step(at, "accept", &at, &err));
    assert_int_equal(err.kind, CB_ERR_CONFLICT);
    assert_non_null(strstr(err.text, "it has ended"));
    assert_int_equal(at, CB_APPROVAL_REJECTED);
    assert_false(cb_approval_step(CB_APPROVAL_ACCEPTED, "reject", &at, &err));
    assert_non_null(strstr(err.text, "possible: start-deployment"));
    assert_false(cb_approval_step(CB_APPROVAL_HAILED, "dance", &at, &err));
    assert_int_equal(err.kind, CB_ERR_INVALID);
}

static void wants_a_reason_for_decisions(void **state)
{
    (void)state;
    assert_true(cb_approval_needs_reason("accept"));
    assert_true(cb_approval_needs_reason("reject"));
    assert_false(cb_approval_needs_reason("hail"));
}

static void names_read_back(void **state)
{
    (void)state;
    for (int i = CB_APPROVAL_PROPOSED; i <= CB_APPROVAL_SUPERSEDED; i++) {
        enum cb_approval_state back = CB_APPROVAL_PROPOSED;
        assert_true(cb_approval_state_parse(cb_approval_state_name((enum cb_approval_state)i), &back));
        assert_int_equal(back, i);
    }
}

int main(void)
{
    const struct CMUnitTest approval[] = {
        cmocka_unit_test(goes_from_proposal_to_deployment),
        cmocka_unit_test(refuses_to_decide_twice),
        cmocka_unit_test(wants_a_reason_for_decisions),
        cmocka_unit_test(names_read_back),
    };
    return cmocka_run_group_tests_name("approval", approval, NULL, NULL);
}
