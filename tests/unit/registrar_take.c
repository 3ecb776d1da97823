/* registrar_take.c: what a REGISTER changes, and what it does not. */
#include "net/addr.h"
#include "registrar/registrar.h"
#include "store_kit.h"

static const char application[] = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
static const char alice[] = "USR-00000000-0000-7000-8000-000000000001";
static const char bob[] = "USR-00000000-0000-7000-8000-000000000002";

struct rig {
    struct kit *kit;
    struct registrar *registrar;
    struct ua_registered answer;
};

static int setup(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    void *kit;

    if (!rig || kit_setup(&kit))
        return -1;
    rig->kit = kit;
    kit_open(rig->kit);
    assert_int_equal(registrar_alloc(&rig->registrar, rig->kit->control, rig->kit->store), 0);
    *state = rig;
    return 0;
}

static int teardown(void **state)
{
    struct rig *rig = *state;
    void *kit = rig->kit;

    mem_unref(rig->registrar);
    free(rig);
    return kit_teardown(&kit);
}

static struct ua_contact at(const char *uri, int expires)
{
    return (struct ua_contact){
        .uri = uri, .dial = uri, .instance = "", .expires = expires, .q = 1000};
}

static int take_of(struct rig *rig, const char *user, struct ua_registering *request)
{
    request->user = "login";
    request->to_user = request->to_host = request->agent = "";
    request->route = request->route ? request->route : "";
    request->by = "udp:127.0.0.1:5060";
    addr_parse(&request->source, "192.0.2.1", 5062);
    registrar_take(rig->registrar, application, user, request, &rig->answer);
    return rig->answer.status;
}

static int take(struct rig *rig, unsigned cseq, struct ua_contact contact)
{
    struct ua_registering request = {
        .call_id = "one", .cseq = cseq, .contacts = &contact, .contact_count = 1, .expires = -1};

    return take_of(rig, alice, &request);
}

static unsigned found(const struct rig *rig, const char *user)
{
    struct registrar_contact contacts[REGISTRAR_CONTACTS];

    return registrar_find(rig->registrar, user, contacts);
}

static void a_contact_is_there_until_it_is_taken_back(void **state)
{
    struct rig *rig = *state;

    assert_int_equal(take(rig, 1, at("sip:a@192.0.2.1:5062", 600)), 200);
    assert_string_equal(rig->answer.contacts, "<sip:a@192.0.2.1:5062>;expires=600");
    assert_int_equal(found(rig, alice), 1);
    assert_int_equal(found(rig, bob), 0);
    assert_int_equal(take(rig, 2, at("sip:a@192.0.2.1:5062", 0)), 200);
    assert_string_equal(rig->answer.contacts, "");
    assert_int_equal(found(rig, alice), 0);
    assert_int_equal(take(rig, 3, at("sip:never@192.0.2.1", 0)), 200);
}

static void times_are_kept_in_bounds(void **state)
{
    struct rig *rig = *state;

    assert_int_equal(take(rig, 1, at("sip:a@192.0.2.1", 59)), 423);
    assert_int_equal(rig->answer.min_expires, 60);
    assert_int_equal(found(rig, alice), 0);
    assert_int_equal(take(rig, 2, at("sip:a@192.0.2.1", 60)), 200);
    assert_string_equal(rig->answer.contacts, "<sip:a@192.0.2.1>;expires=60");
    assert_int_equal(take(rig, 3, at("sip:a@192.0.2.1", 2147483647)), 200);
    assert_string_equal(rig->answer.contacts, "<sip:a@192.0.2.1>;expires=3600");
    assert_int_equal(take(rig, 4, at("sip:a@192.0.2.1", -1)), 200);
    assert_string_equal(rig->answer.contacts, "<sip:a@192.0.2.1>;expires=3600");
}

static void no_longer_than_the_way_there_lasts(void **state)
{
    struct rig *rig = *state;
    struct ua_contact contact = at("sip:a@192.0.2.1", 600);

    contact.lasts = 150;
    assert_int_equal(take(rig, 1, contact), 200);
    assert_string_equal(rig->answer.contacts, "<sip:a@192.0.2.1>;expires=150");
    contact.expires = 100;
    assert_int_equal(take(rig, 2, contact), 200);
    assert_string_equal(rig->answer.contacts, "<sip:a@192.0.2.1>;expires=100");
}

static void one_bad_contact_leaves_all_as_it_was(void **state)
{
    struct rig *rig = *state;
    struct ua_contact two[] = {at("sip:a@192.0.2.1", 600), at("sip:b@192.0.2.1", 10)};
    struct ua_registering request = {
        .call_id = "one", .cseq = 1, .contacts = two, .contact_count = 2, .expires = -1};

    assert_int_equal(take_of(rig, alice, &request), 423);
    assert_int_equal(found(rig, alice), 0);
}

static void an_older_request_is_refused(void **state)
{
    struct rig *rig = *state;
    struct ua_contact contact = at("sip:a@192.0.2.1", 0);
    struct ua_registering other = {
        .call_id = "two", .cseq = 1, .contacts = &contact, .contact_count = 1, .expires = -1};

    assert_int_equal(take(rig, 5, at("sip:a@192.0.2.1", 600)), 200);
    assert_int_equal(take(rig, 5, at("sip:a@192.0.2.1", 0)), 500);
    assert_int_equal(take(rig, 4, at("sip:a@192.0.2.1", 0)), 500);
    assert_int_equal(found(rig, alice), 1);
    assert_int_equal(take_of(rig, alice, &other), 200); /* it has restarted */
    assert_int_equal(found(rig, alice), 0);
}

static void the_star_takes_all_back(void **state)
{
    struct rig *rig = *state;
    struct ua_registering all = {.call_id = "one", .cseq = 3, .all = true, .expires = 0};
    struct ua_registering late = {.call_id = "one", .cseq = 2, .all = true, .expires = 0};
    struct ua_registering wrong = {.call_id = "one", .cseq = 3, .all = true, .expires = 60};

    assert_int_equal(take(rig, 1, at("sip:a@192.0.2.1", 600)), 200);
    assert_int_equal(take(rig, 2, at("sip:b@192.0.2.1", 600)), 200);
    assert_int_equal(take_of(rig, alice, &late), 500);
    assert_int_equal(take_of(rig, alice, &wrong), 400);
    assert_int_equal(found(rig, alice), 2);
    assert_int_equal(take_of(rig, alice, &all), 200);
    assert_int_equal(found(rig, alice), 0);
}

static void a_phone_that_names_itself_has_one_contact(void **state)
{
    struct rig *rig = *state;
    struct ua_contact first = at("sip:a@192.0.2.1:1111", 600),
                      then = at("sip:a@192.0.2.1:2222", 600);

    first.instance = then.instance = "\"<urn:uuid:1>\"";
    assert_int_equal(take(rig, 1, first), 200);
    assert_int_equal(take(rig, 2, then), 200);
    assert_string_equal(rig->answer.contacts, "<sip:a@192.0.2.1:2222>;expires=600");
}

static void the_eleventh_takes_the_place_of_the_next_to_expire(void **state)
{
    struct rig *rig = *state;
    struct registrar_contact contacts[REGISTRAR_CONTACTS];
    char uri[64];

    for (int i = 0; i < REGISTRAR_CONTACTS; i++) {
        snprintf(uri, sizeof uri, "sip:phone%d@192.0.2.1", i);
        assert_int_equal(take(rig, (unsigned)i + 1, at(uri, 600 + (i == 4 ? -100 : i))), 200);
    }
    assert_int_equal(take(rig, 20, at("sip:last@192.0.2.1", 600)), 200);
    assert_int_equal(registrar_find(rig->registrar, alice, contacts), REGISTRAR_CONTACTS);
    assert_null(strstr(rig->answer.contacts, "phone4@"));
    assert_non_null(strstr(rig->answer.contacts, "last@"));
}

static void the_best_comes_first(void **state)
{
    struct rig *rig = *state;
    struct registrar_contact contacts[REGISTRAR_CONTACTS];
    struct ua_contact low = at("sip:low@192.0.2.1", 600), high = at("sip:high@192.0.2.1", 600);

    low.q = 300;
    high.q = 700;
    assert_int_equal(take(rig, 1, low), 200);
    assert_int_equal(take(rig, 2, high), 200);
    assert_int_equal(registrar_find(rig->registrar, alice, contacts), 2);
    assert_string_equal(contacts[0].uri, "sip:high@192.0.2.1");
    assert_int_equal(contacts[0].q, 700);
    assert_string_equal(contacts[0].source, "192.0.2.1:5062");
    assert_non_null(strstr(rig->answer.contacts, ";q=0.300"));
}

static void sources_of_phones_are_known(void **state)
{
    struct rig *rig = *state;
    struct sockaddr_storage same, other;

    addr_parse(&same, "192.0.2.1", 5062);
    addr_parse(&other, "192.0.2.1", 5063);
    assert_false(registrar_knows(rig->registrar, &same));
    assert_int_equal(take(rig, 1, at("sip:a@192.0.2.1", 600)), 200);
    assert_true(registrar_knows(rig->registrar, &same));
    assert_false(registrar_knows(rig->registrar, &other));
}

static void reopen(struct rig *rig)
{
    rig->registrar = mem_unref(rig->registrar);
    kit_close(rig->kit);
    loop_run(rig->kit->control);
    kit_open(rig->kit);
    assert_int_equal(registrar_alloc(&rig->registrar, rig->kit->control, rig->kit->store), 0);
}

static void it_is_kept_over_a_restart(void **state)
{
    struct rig *rig = *state;
    struct registrar_contact contacts[REGISTRAR_CONTACTS];
    struct ua_contact contact = at("sip:a@10.0.0.1:5062", 600);
    struct ua_registering request = {.call_id = "one",
                                     .cseq = 7,
                                     .contacts = &contact,
                                     .contact_count = 1,
                                     .expires = -1,
                                     .route = "sip:192.0.2.1;lr"};

    contact.dial = "sip:a@192.0.2.1:5062";
    assert_int_equal(take_of(rig, alice, &request), 200);
    assert_int_equal(take(rig, 8, at("sip:gone@192.0.2.1", 600)), 200);
    assert_int_equal(take(rig, 9, at("sip:gone@192.0.2.1", 0)), 200);
    reopen(rig);
    assert_int_equal(registrar_find(rig->registrar, alice, contacts), 1);
    assert_string_equal(contacts[0].uri, "sip:a@10.0.0.1:5062");
    assert_string_equal(contacts[0].dial, "sip:a@192.0.2.1:5062");
    assert_string_equal(contacts[0].route, "sip:192.0.2.1;lr");
    assert_string_equal(contacts[0].by, "udp:127.0.0.1:5060");
    assert_string_equal(contacts[0].application, application);
    assert_int_equal(take(rig, 7, at("sip:a@10.0.0.1:5062", 0)), 500); /* what it knew it knows */
}

static void count(const struct registrar_contact *contact, void *arg)
{
    (void)contact;
    ++*(unsigned *)arg;
}

/* A row that has expired while nobody was there. */
static void what_expires_is_gone(void **state)
{
    struct rig *rig = *state;
    struct registrar_counts counts;
    struct store_registration row = {
        .id = "00000000-0000-7000-8000-00000000000a",
        .application = application,
        .user = bob,
        .data = "{\"uri\":\"sip:b@192.0.2.1\",\"dial\":\"sip:b@192.0.2.1\"}",
        .created = clock_wall_ms() - 1000,
        .expires = clock_wall_ms() - 1,
    };
    unsigned left = 0;

    assert_int_equal(store_registration_put(rig->kit->store, &row), 0);
    assert_int_equal(take(rig, 1, at("sip:a@192.0.2.1", 600)), 200);
    reopen(rig);
    assert_int_equal(found(rig, bob), 0); /* also before the timer */
    loop_wait(rig->kit->control, 1000);
    registrar_counts(rig->registrar, &counts);
    assert_int_equal(counts.expired, 1);
    assert_int_equal(counts.contacts, 1);
    assert_int_equal(counts.users, 1);
    reopen(rig);
    registrar_each(rig->registrar, NULL, count, &left);
    assert_int_equal(left, 1);
    registrar_forget(rig->registrar, alice);
    registrar_counts(rig->registrar, &counts);
    assert_int_equal(counts.users, 0);
}

static void rows_that_are_none_are_passed_over(void **state)
{
    struct rig *rig = *state;
    struct store_registration row = {
        .id = "x", .application = application, .user = bob, .data = "[]", .expires = 1};

    assert_int_equal(store_registration_put(rig->kit->store, &row), 0);
    reopen(rig);
    assert_int_equal(found(rig, bob), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_contact_is_there_until_it_is_taken_back),
        TEST(times_are_kept_in_bounds),
        TEST(no_longer_than_the_way_there_lasts),
        TEST(one_bad_contact_leaves_all_as_it_was),
        TEST(an_older_request_is_refused),
        TEST(the_star_takes_all_back),
        TEST(a_phone_that_names_itself_has_one_contact),
        TEST(the_eleventh_takes_the_place_of_the_next_to_expire),
        TEST(the_best_comes_first),
        TEST(sources_of_phones_are_known),
        TEST(it_is_kept_over_a_restart),
        TEST(what_expires_is_gone),
        TEST(rows_that_are_none_are_passed_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
