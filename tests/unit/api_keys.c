/* api_keys.c: requests with an Idempotency-Key are done once. */
#include "api_rig.h"

#define KEY "Idempotency-Key: one\r\n"

static void end_calls(struct house *house)
{
    for (unsigned i = 0; i < paper.dialled_count; i++)
        over(house, paper.dialled[i], 486, true);
}

static void a_key_makes_one_call(void **state)
{
    char uuid[64];

    assert_int_equal(ask_with("POST", "/v1/calls", CALL, KEY), 201);
    assert_false(has_header(&rig.reply, "Idempotency-Replayed: true"));
    snprintf(uuid, sizeof uuid, "%s", text_at("uuid"));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ask_with("POST", "/v1/calls", CALL, KEY), 201);
        assert_true(has_header(&rig.reply, "Idempotency-Replayed: true"));
        assert_string_equal(text_at("uuid"), uuid);
    }
    assert_int_equal(paper.dialled_count, 1);
    assert_int_equal(ask_with("POST", "/v1/calls", CALL " ", KEY), 422);
    assert_int_equal(ask_with("POST", "/v1/calls", CALL, "Idempotency-Key: two\r\n"), 201);
    assert_string_not_equal(text_at("uuid"), uuid);
    assert_int_equal(ask("POST", "/v1/calls", CALL), 201);
    assert_int_equal(paper.dialled_count, 3);
    end_calls(*state);
}

static void what_was_refused_is_not_kept(void **state)
{
    char *application = mem_printf("Idempotency-Key: %0300d\r\n", 1);

    assert_int_equal(ask_with("POST", "/v1/calls", "{}", KEY), 400);
    api_drain(rig.api, true);
    assert_int_equal(ask_with("POST", "/v1/calls", CALL, KEY), 503);
    api_drain(rig.api, false);
    assert_int_equal(ask_with("POST", "/v1/calls", CALL, KEY), 201);
    assert_int_equal(paper.dialled_count, 1);
    assert_int_equal(ask_with("POST", "/v1/calls", CALL, application), 400);
    assert_fault("Idempotency-Key", "1 to 255 printable characters");
    mem_unref(application);
    end_calls(*state);
}

static void a_key_is_worked_on_once(void **state)
{
    static struct asking first, second, third;
    struct ask post = {"POST", "/v1/calls", CALL, rig.bearer, NULL, KEY};

    send_ask(&first, &post);
    send_ask(&second, &post);
    post.body = CALL " ";
    send_ask(&third, &post);
    wait_reply(&first);
    wait_reply(&second);
    wait_reply(&third);
    /* whichever came first is the one */
    assert_int_equal(paper.dialled_count, 1);
    if (third.status == 201) {
        assert_int_equal(first.status, 422);
        assert_int_equal(second.status, 422);
    } else {
        assert_true(first.status == 201 || second.status == 201);
        assert_true(first.status == 201 || first.status == 409);
        assert_true(second.status == 201 || second.status == 409);
        assert_int_equal(third.status, 422);
    }
    clear(&first);
    clear(&second);
    clear(&third);
    end_calls(*state);
}

/* The reply of one user, or of the application itself, is shown to no other. */
static void a_key_is_the_user_s_own(void **state)
{
    static const char *const users[] = {"", ",\"sub\":\"alice\"", ",\"sub\":\"bob\""};
    char made[3][64];

    (void)state;
    for (int i = 0; i < 3; i++) {
        char *token = token_of(rig.key, APP, users[i]), *bearer = mem_printf("Bearer %s", token);
        struct ask post = {"POST", "/v1/conversations", "{}", bearer, NULL, KEY};

        for (int twice = 0; twice < 2; twice++) {
            assert_int_equal(ask_all(&post), 201);
            assert_int_equal(has_header(&rig.reply, "Idempotency-Replayed: true"), twice);
            snprintf(made[i], sizeof made[i], "%s", text_at("id"));
        }
        for (int other = 0; other < i; other++)
            assert_string_not_equal(made[i], made[other]);
        mem_unref(token);
        mem_unref(bearer);
    }
}

int main(void)
{
#define WITH_DOOR(test) cmocka_unit_test_setup_teardown(test, rig_up, rig_down)
    const struct CMUnitTest tests[] = {
        WITH_DOOR(a_key_makes_one_call),
        WITH_DOOR(what_was_refused_is_not_kept),
        WITH_DOOR(a_key_is_worked_on_once),
        WITH_DOOR(a_key_is_the_user_s_own),
    };

    return cmocka_run_group_tests(tests, rig_keys, rig_no_keys);
}
