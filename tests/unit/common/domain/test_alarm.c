/* The alarm state machine: the worked traces of alarms.md 2.7a, and each deliberate difference of the strict
 * profile. */
#include "domain/alarm.h"
#include "support/spec.h"

#include <string.h>

#define S 1000000000LL

static struct cb_alarm fresh(void)
{
    struct cb_alarm alarm;
    cb_alarm_init(&alarm, "VerifyFailed.LSSTComCam.bias.4:0");
    alarm.auto_acknowledge_delay_ns = 20 * S;
    alarm.escalation_delay_ns = 40 * S;
    alarm.escalation_responder[0] = 'r';
    return alarm;
}

static struct cb_alarm_outcome step(struct cb_alarm *alarm, enum cb_alarm_profile profile,
                                    enum cb_alarm_verb verb, enum cb_severity severity, const char *text,
                                    int64_t at_s)
{
    struct cb_alarm_outcome outcome;
    const struct cb_alarm_command command = { verb, severity, text, 100 * S };
    assert_true(cb_alarm_step(alarm, profile, &command, at_s * S, &outcome, NULL));
    return outcome;
}

static void follows_the_first_worked_trace(void **state)
{
    (void)state;
    struct cb_alarm a = fresh();
    struct cb_alarm_outcome o =
        step(&a, CB_ALARM_WATCHER, CB_ALARM_SET_SEVERITY, CB_SEVERITY_SERIOUS, "a", 10);
    assert_true(o.publish);
    o = step(&a, CB_ALARM_WATCHER, CB_ALARM_SET_SEVERITY, CB_SEVERITY_CRITICAL, "b", 15);
    assert_true(o.publish);
    assert_int_equal(a.escalate_ns, 55 * S);

    struct cb_error err = { 0 };
    const struct cb_alarm_command low = { CB_ALARM_ACKNOWLEDGE, CB_SEVERITY_SERIOUS, "u", 0 };
    assert_false(cb_alarm_step(&a, CB_ALARM_WATCHER, &low, 20 * S, &o, &err));
    assert_int_equal(err.kind, CB_ERR_CONFLICT);
    assert_int_equal(a.escalate_ns, 55 * S);

    assert_false(cb_alarm_fire(&a, CB_ALARM_WATCHER, 54 * S, &o));
    assert_true(cb_alarm_fire(&a, CB_ALARM_WATCHER, 55 * S, &o));
    assert_true(o.publish);
    assert_true(a.do_escalate);
    assert_int_equal(a.escalate_ns, 55 * S);
    assert_false(cb_alarm_fire(&a, CB_ALARM_WATCHER, 56 * S, &o));

    o = step(&a, CB_ALARM_WATCHER, CB_ALARM_SET_SEVERITY, CB_SEVERITY_NONE, "", 60);
    assert_true(o.publish);
    assert_string_equal(cb_alarm_state_name(&a), "stale");
    assert_string_equal(a.reason, "b");
    assert_int_equal(a.auto_acknowledge_ns, 80 * S);
    assert_true(a.do_escalate);

    assert_true(cb_alarm_fire(&a, CB_ALARM_WATCHER, 80 * S, &o));
    assert_true(cb_alarm_is_nominal(&a));
    assert_true(a.acknowledged);
    assert_string_equal(a.acknowledged_by, "automatic");
    assert_false(a.do_escalate);
    assert_int_equal(a.escalate_ns, 0);

    o = step(&a, CB_ALARM_WATCHER, CB_ALARM_SET_SEVERITY, CB_SEVERITY_NONE, "", 90);
    assert_false(o.updated);
    assert_true(a.acknowledged);
    o = step(&a, CB_ALARM_WATCHER, CB_ALARM_SET_SEVERITY, CB_SEVERITY_WARNING, "c", 95);
    assert_true(o.publish);
    assert_false(a.acknowledged);
    assert_int_equal(a.max_severity, CB_SEVERITY_WARNING);
}

static void follows_the_second_worked_trace(void **state)
{
    (void)state;
    struct cb_alarm a = fresh();
    step(&a, CB_ALARM_WATCHER, CB_ALARM_SET_SEVERITY, CB_SEVERITY_WARNING, "w", 10);
    step(&a, CB_ALARM_WATCHER, CB_ALARM_ACKNOWLEDGE, CB_SEVERITY_CRITICAL, "u", 12);
    assert_int_equal(a.max_severity, CB_SEVERITY_CRITICAL);
    step(&a, CB_ALARM_WATCHER, CB_ALARM_SET_SEVERITY, CB_SEVERITY_CRITICAL, "c", 14);
    assert_true(a.acknowledged);
    assert_int_equal(a.escalate_ns, 0);
    step(&a, CB_ALARM_WATCHER, CB_ALARM_SET_SEVERITY, CB_SEVERITY_NONE, "", 16);
    assert_true(cb_alarm_is_nominal(&a));
    assert_false(a.acknowledged);
    assert_int_equal(a.severity_oldest_ns, 16 * S);
    assert_int_equal(a.severity_newest_ns, 16 * S);
    assert_int_equal(a.max_severity_ns, 16 * S);
    assert_int_equal(a.acknowledged_ns, 16 * S);
    struct cb_alarm_outcome o = step(&a, CB_ALARM_WATCHER, CB_ALARM_UNMUTE, CB_SEVERITY_NONE, "", 18);
    assert_true(o.publish);
}

static void unmutes_when_it_gets_worse_than_muted_only_in_strict(void **state)
{
    (void)state;
    for (int profile = CB_ALARM_STRICT; profile <= CB_ALARM_WATCHER; profile++) {
        struct cb_alarm a = fresh();
        step(&a, profile, CB_ALARM_MUTE, CB_SEVERITY_SERIOUS, "u", 5);
        step(&a, profile, CB_ALARM_SET_SEVERITY, CB_SEVERITY_SERIOUS, "a", 10);
        assert_true(cb_alarm_is_muted(&a));
        step(&a, profile, CB_ALARM_SET_SEVERITY, CB_SEVERITY_CRITICAL, "b", 15);
        assert_int_equal(cb_alarm_is_muted(&a), profile == CB_ALARM_WATCHER);
        assert_int_equal(a.escalate_ns, 55 * S);
    }
}

static void does_not_escalate_while_muted_only_in_strict(void **state)
{
    (void)state;
    for (int profile = CB_ALARM_STRICT; profile <= CB_ALARM_WATCHER; profile++) {
        struct cb_alarm a = fresh();
        step(&a, profile, CB_ALARM_MUTE, CB_SEVERITY_CRITICAL, "u", 5);
        step(&a, profile, CB_ALARM_SET_SEVERITY, CB_SEVERITY_CRITICAL, "b", 15);
        assert_int_equal(a.escalate_ns, profile == CB_ALARM_WATCHER ? 55 * S : 0);
    }
}

static void escalates_an_oscillating_alarm_only_in_strict(void **state)
{
    (void)state;
    for (int profile = CB_ALARM_STRICT; profile <= CB_ALARM_WATCHER; profile++) {
        struct cb_alarm a = fresh();
        step(&a, profile, CB_ALARM_SET_SEVERITY, CB_SEVERITY_CRITICAL, "b", 10);
        step(&a, profile, CB_ALARM_SET_SEVERITY, CB_SEVERITY_WARNING, "b", 20);
        assert_int_equal(a.escalate_ns, 0);
        step(&a, profile, CB_ALARM_SET_SEVERITY, CB_SEVERITY_CRITICAL, "b", 30);
        assert_int_equal(a.escalate_ns, profile == CB_ALARM_STRICT ? 70 * S : 0);
        /* the same level again does not put it off */
        step(&a, profile, CB_ALARM_SET_SEVERITY, CB_SEVERITY_CRITICAL, "c", 40);
        assert_int_equal(a.escalate_ns, profile == CB_ALARM_STRICT ? 70 * S : 0);
    }
}

static void publishes_a_repeated_acknowledgement_only_in_strict(void **state)
{
    (void)state;
    for (int profile = CB_ALARM_STRICT; profile <= CB_ALARM_WATCHER; profile++) {
        struct cb_alarm a = fresh();
        a.auto_unacknowledge_delay_ns = 100 * S;
        step(&a, profile, CB_ALARM_SET_SEVERITY, CB_SEVERITY_SERIOUS, "b", 10);
        step(&a, profile, CB_ALARM_ACKNOWLEDGE, CB_SEVERITY_SERIOUS, "u", 11);
        assert_int_equal(a.auto_unacknowledge_ns, 111 * S);
        struct cb_alarm_outcome o = step(&a, profile, CB_ALARM_ACKNOWLEDGE, CB_SEVERITY_SERIOUS, "v", 20);
        assert_true(o.updated);
        assert_int_equal(o.publish, profile == CB_ALARM_STRICT);
        assert_string_equal(a.acknowledged_by, "u");
        assert_int_equal(a.auto_unacknowledge_ns, 120 * S);
        assert_true(cb_alarm_fire(&a, profile, 120 * S, &o));
        assert_false(a.acknowledged);
    }
}

static void refuses_nonsense_and_changes_nothing(void **state)
{
    (void)state;
    struct cb_alarm a = fresh(), before = a;
    const struct cb_alarm_command wrong[] = {
        { CB_ALARM_SET_SEVERITY, (enum cb_severity)0, "", 0 },
        { CB_ALARM_SET_SEVERITY, (enum cb_severity)5, "", 0 },
        { CB_ALARM_MUTE, CB_SEVERITY_NONE, "u", S },
        { CB_ALARM_MUTE, CB_SEVERITY_SERIOUS, "u", 0 },
        { CB_ALARM_ACKNOWLEDGE, (enum cb_severity)9, "u", 0 },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct cb_alarm_outcome o;
        struct cb_error err = { 0 };
        assert_false(cb_alarm_step(&a, CB_ALARM_STRICT, &wrong[i], S, &o, &err));
        assert_int_equal(err.kind, CB_ERR_INVALID);
        assert_memory_equal(&a, &before, sizeof a);
    }
    before.escalation_responder[0] = '\0';
    assert_false(cb_alarm_check(&before, NULL));
    assert_true(cb_alarm_check(&a, NULL));
}

static void cuts_a_long_reason_on_a_character(void **state)
{
    (void)state;
    static char text[10000];
    for (size_t i = 0; i + 3 < sizeof text; i += 3)
        memcpy(text + i, "\xe2\x82\xac", 3);
    struct cb_alarm a = fresh();
    step(&a, CB_ALARM_STRICT, CB_ALARM_SET_SEVERITY, CB_SEVERITY_WARNING, text, 1);
    assert_int_equal(strlen(a.reason), 4095); /* 4096 is not a multiple of 3 */
}

int main(void)
{
    const struct CMUnitTest alarm[] = {
        cmocka_unit_test(follows_the_first_worked_trace),
        cmocka_unit_test(follows_the_second_worked_trace),
        cmocka_unit_test(unmutes_when_it_gets_worse_than_muted_only_in_strict),
        cmocka_unit_test(does_not_escalate_while_muted_only_in_strict),
        cmocka_unit_test(escalates_an_oscillating_alarm_only_in_strict),
        cmocka_unit_test(publishes_a_repeated_acknowledgement_only_in_strict),
        cmocka_unit_test(refuses_nonsense_and_changes_nothing),
        cmocka_unit_test(cuts_a_long_reason_on_a_character),
    };
    return cmocka_run_group_tests_name("alarm", alarm, NULL, NULL);
}
