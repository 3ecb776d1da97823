/* call_rows.c: what is written of people: an event and the row it changes become durable
 * together, so that a run that is killed leaves no half; and what the store refuses is not
 * there. */
#include "call_paper.h"

static const struct initiator application = {NULL, NULL};

/* Between the rooms and the store: "(member:joined JOINED)" is an event and a member's row
 * within one store_together(). */
static struct {
    char text[4000];
    unsigned depth;
    bool refuses;
} written;

void __real_store_together(struct store *store);
void __wrap_store_together(struct store *store);
void __real_store_together_end(struct store *store);
void __wrap_store_together_end(struct store *store);
int __real_store_event_put(struct store *store, const struct store_event *row);
int __wrap_store_event_put(struct store *store, const struct store_event *row);
int __real_store_member_put(struct store *store, const struct store_member *row);
int __wrap_store_member_put(struct store *store, const struct store_member *row);
int __real_store_leg_put(struct store *store, const struct store_leg *row);
int __wrap_store_leg_put(struct store *store, const struct store_leg *row);
int __real_store_conversation_put(struct store *store, const struct store_conversation *row);
int __wrap_store_conversation_put(struct store *store, const struct store_conversation *row);
int __real_store_conversation_drop(struct store *store, const char *id);
int __wrap_store_conversation_drop(struct store *store, const char *id);
int __real_store_user_put(struct store *store, const struct store_user *row);
int __wrap_store_user_put(struct store *store, const struct store_user *row);
int __real_store_application_put(struct store *store, const struct store_application *row);
int __wrap_store_application_put(struct store *store, const struct store_application *row);
int __real_store_number_put(struct store *store, const struct store_number *row);
int __wrap_store_number_put(struct store *store, const struct store_number *row);

static void note(const char *text)
{
    size_t length = strlen(written.text);
    char last = length ? written.text[length - 1] : '(';

    snprintf(written.text + length, sizeof written.text - length, "%s%s",
             last == '(' || *text == ')' ? "" : " ", text);
}

void __wrap_store_together(struct store *store)
{
    if (!written.depth++)
        note("(");
    __real_store_together(store);
}

void __wrap_store_together_end(struct store *store)
{
    size_t length = strlen(written.text);

    if (!--written.depth && written.text[length - 1] == '(')
        written.text[length - (length > 1 ? 2 : 1)] = '\0'; /* nothing was written */
    else if (!written.depth)
        note(")");
    __real_store_together_end(store);
}

int __wrap_store_event_put(struct store *store, const struct store_event *row)
{
    note(row->type);
    return written.refuses ? ENOSPC : __real_store_event_put(store, row);
}

int __wrap_store_member_put(struct store *store, const struct store_member *row)
{
    note(row->state);
    return written.refuses ? ENOSPC : __real_store_member_put(store, row);
}

int __wrap_store_leg_put(struct store *store, const struct store_leg *row)
{
    note(row->status);
    return __real_store_leg_put(store, row);
}

int __wrap_store_conversation_put(struct store *store, const struct store_conversation *row)
{
    return written.refuses ? ENOSPC : __real_store_conversation_put(store, row);
}

int __wrap_store_conversation_drop(struct store *store, const char *id)
{
    note("dropped");
    return __real_store_conversation_drop(store, id);
}

int __wrap_store_user_put(struct store *store, const struct store_user *row)
{
    return written.refuses ? ENOSPC : __real_store_user_put(store, row);
}

int __wrap_store_application_put(struct store *store, const struct store_application *row)
{
    return written.refuses ? ENOSPC : __real_store_application_put(store, row);
}

int __wrap_store_number_put(struct store *store, const struct store_number *row)
{
    return written.refuses ? ENOSPC : __real_store_number_put(store, row);
}

static int begin(void **state)
{
    memset(&written, 0, sizeof written);
    return set_up(state);
}

static int begin_on_disk(void **state)
{
    memset(&written, 0, sizeof written);
    return set_up_on_disk(state);
}

static void assert_written(const char *text)
{
    assert_string_equal(written.text, text);
    written.text[0] = '\0';
}

static struct conversation *make(struct house *house)
{
    struct conversation_facts facts = {.name = json_string("room")};
    struct conversation *conversation = NULL;

    assert_int_equal(conversation_make(house->bridge, demo(house), &facts, &conversation), 0);
    json_decref(facts.name);
    written.text[0] = '\0';
    return conversation;
}

static struct member *add(struct house *house, struct conversation *conversation, bool join)
{
    struct user_facts facts = {0};
    struct member_asked asked = {.join = join};
    struct member *member = NULL;

    assert_int_equal(user_make(demo(house), &facts, &asked.user), 0);
    assert_int_equal(member_add(conversation, &asked, &member), 0);
    return member;
}

/* Together. */

static void test_a_text_member_comes_and_goes(void **state)
{
    struct house *house = *state;
    struct conversation *conversation = make(house);
    struct member *member = add(house, conversation, false);

    assert_written("(member:invited INVITED)");
    assert_int_equal(member_join(member, &application), 0);
    assert_written("(member:joined JOINED)");
    member_leave(member, &application, NULL, NULL);
    assert_written("(member:left LEFT)");
    conversation_delete(conversation);
}

static void test_whoever_is_in_goes_with_the_conversation(void **state)
{
    struct house *house = *state;
    struct conversation *conversation = make(house);

    add(house, conversation, true);
    add(house, conversation, true);
    written.text[0] = '\0';
    conversation_delete(conversation);
    assert_written("(member:left LEFT member:left LEFT dropped)");
}

static void test_a_user_leaves_everywhere_at_once(void **state)
{
    struct house *house = *state;
    struct conversation *conversation = make(house);
    struct member *member = add(house, conversation, true);

    written.text[0] = '\0';
    user_delete(member_user(member));
    assert_written("(member:left LEFT)");
    conversation_delete(conversation);
}

static void test_a_caller_goes_over_and_ends(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" JOIN("room") "]");
    struct conversation *room = NULL;

    /* into the room, out of the call's own conversation */
    assert_non_null(
        strstr(written.text, "(member:joined member:media JOINED member:left answered"));
    assert_int_equal(conversation_open(house->bridge, demo(house), "room", false, &room), 0);
    written.text[0] = '\0';
    member_mute(member_at(room, 0), true, NULL);
    assert_written("(audio:mute:on member:media JOINED)");
    over(house, in, 200, true);
    assert_written("(sip:hangup member:left LEFT completed)");
    mem_unref(in);
}

static void test_an_answer_is_one(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" CONNECT("15550100003") "]");

    written.text[0] = '\0';
    callee_answers(house, 0); /* which answers the caller */
    assert_written("(sip:answered member:joined member:media started answered "
                   "sip:answered member:joined member:media answered)");
    over(house, paper.dialled[0], 200, true);
    over(house, in, 200, true);
    mem_unref(in);
}

static void test_a_killed_run_ends_its_members_as_one(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" JOIN("room") "]");

    settle(house);
    written.text[0] = '\0';
    restart_killed(house, &in, 1);
    assert_non_null(strstr(written.text, "(member:left LEFT)"));
    mem_unref(in);
}

/* Refused. */

static void test_no_conversation_without_its_row(void **state)
{
    struct house *house = *state;
    struct conversation_facts facts = {.name = json_string("room")};
    struct conversation *conversation;
    struct bridge_counts counts;

    written.refuses = true;
    assert_int_equal(conversation_make(house->bridge, demo(house), &facts, &conversation), ENOSPC);
    bridge_counts(house->bridge, &counts);
    assert_int_equal(counts.conversations, 0);
    written.refuses = false;
    assert_int_equal(conversation_make(house->bridge, demo(house), &facts, &conversation), 0);
    written.refuses = true;
    assert_int_equal(conversation_update(conversation, &facts), ENOSPC);
    written.refuses = false;
    conversation_delete(conversation);
    json_decref(facts.name);
}

static void test_no_user_without_its_row(void **state)
{
    struct house *house = *state;
    struct user_facts facts = {.name = json_string("alice")};
    struct user *user;

    written.refuses = true;
    assert_int_equal(user_make(demo(house), &facts, &user), ENOSPC);
    assert_null(user_named(demo(house), "alice"));
    written.refuses = false;
    assert_int_equal(user_make(demo(house), &facts, &user), 0);
    written.refuses = true;
    assert_int_equal(user_update(user, &facts), ENOSPC);
    json_decref(facts.name);
}

static void test_an_application_stays_as_it_was(void **state)
{
    struct house *house = *state;
    json_t *old = json_pack("{s:{s:s}}", "keys", "public_key", "OLD");
    json_t *new = json_pack("{s:{s:s}}", "keys", "public_key", "NEW");
    struct application *made, *other;

    written.refuses = true;
    assert_int_equal(application_put(house->bridge, NULL, "old", old, &made), ENOSPC);
    written.refuses = false;
    assert_int_equal(application_put(house->bridge, NULL, "old", old, &made), 0);
    written.refuses = true;
    assert_int_equal(application_put(house->bridge, application_id(made), "new", new, &other),
                     ENOSPC);
    assert_string_equal(application_conf(made)->name, "old");
    assert_string_equal(application_conf(made)->public_key, "OLD");
    json_decref(old);
    json_decref(new);
}

static void test_a_number_stays_whose_it_was(void **state)
{
    struct house *house = *state;
    json_t *row;

    written.refuses = true;
    assert_int_equal(number_put(house->bridge, "15550109999", "US", demo(house), NULL), ENOSPC);
    assert_null(number_row(house->bridge, "15550109999"));
    written.refuses = false;
    assert_int_equal(number_put(house->bridge, "15550109999", "US", demo(house), NULL), 0);
    written.refuses = true;
    assert_int_equal(number_put(house->bridge, "15550109999", "DE", NULL, NULL), ENOSPC);
    assert_ptr_equal(application_of_number(house->bridge, "15550109999"), demo(house));
    row = number_row(house->bridge, "15550109999");
    assert_string_equal(json_string_value(json_object_get(row, "country")), "US");
    json_decref(row);
}

#define ROWS(test) cmocka_unit_test_setup_teardown(test, begin, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROWS(test_a_text_member_comes_and_goes),
        ROWS(test_whoever_is_in_goes_with_the_conversation),
        ROWS(test_a_user_leaves_everywhere_at_once),
        ROWS(test_a_caller_goes_over_and_ends),
        ROWS(test_an_answer_is_one),
        cmocka_unit_test_setup_teardown(test_a_killed_run_ends_its_members_as_one, begin_on_disk,
                                        tear_down),
        ROWS(test_no_conversation_without_its_row),
        ROWS(test_no_user_without_its_row),
        ROWS(test_an_application_stays_as_it_was),
        ROWS(test_a_number_stays_whose_it_was),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
