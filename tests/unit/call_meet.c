/* call_meet.c: conversations that begin with their moderator, end with one, and the music until
 * then. */
#include "call_paper.h"

#include "conversation/audio.h"
#include "conversation/private.h"
#include "ncco/private.h"

#define MUSIC "http://x.example/hold.mp3"
#define ROOM(more) "{\"action\":\"conversation\",\"name\":\"room\"" more "}"
#define WAITS(more) ROOM(",\"startOnEnter\":false" more)
#define WITH_MUSIC WAITS(",\"musicOnHoldUrl\":[\"" MUSIC "\"]")
#define ENDS ROOM(",\"endOnExit\":true")

static int set_up_sound(void **state)
{
    int err = set_up(state);

    if (!err)
        play_on(*state);
    return err;
}

#define MEET(test) cmocka_unit_test_setup_teardown(test, set_up_sound, tear_down)

struct person {
    struct dialog *dialog;
    struct media_port *port;
    char id[64]; /* of the leg */
};

static struct person enter(struct house *house, const char *from, const char *ncco)
{
    struct person person = {.dialog = ring_in_as(house, from, SDP, ncco)};
    size_t i;
    json_t *fields;

    person.port = paper.port;
    json_array_foreach (paper.told, i, fields) {
        const char *who = json_string_value(json_object_get(fields, "from"));

        if (who && strcmp(who, from) == 0)
            snprintf(person.id, sizeof person.id, "%s",
                     json_string_value(json_object_get(fields, "uuid")));
    }
    return person;
}

static void leave(struct house *house, struct person *person)
{
    over(house, person->dialog, 200, true);
    person->dialog = mem_unref(person->dialog);
}

static struct conversation *room(struct house *house)
{
    struct conversation *conversation = NULL;

    assert_int_equal(conversation_open(house->bridge, demo(house), "room", false, &conversation),
                     0);
    return conversation;
}

static struct call *call_of(struct house *house, const struct person *person)
{
    struct call *call = call_find(house->calls, demo(house), person->id);

    assert_non_null(call);
    return call;
}

static const char *error(unsigned which)
{
    size_t i;
    json_t *fields;

    json_array_foreach (paper.told, i, fields) {
        const char *reason = json_string_value(json_object_get(fields, "reason"));

        if (reason && !which--)
            return reason;
    }
    return "none";
}

static void test_who_waits_is_apart_until_one_comes_who_does_not(void **state)
{
    struct house *house = *state;
    struct person a = enter(house, "1001", "[" WITH_MUSIC "]");
    struct person b = enter(house, "1002", "[" WAITS("") "]"), c;

    assert_int_equal(a.dialog->answered, 1);
    assert_false(conversation_has_begun(room(house)));
    assert_null(a.port->room);
    assert_null(b.port->room);
    assert_string_equal(paper.sound, MUSIC);
    assert_int_equal(a.port->play, 0); /* it comes */
    paper_load(true);
    assert_int_not_equal(a.port->play, 0);
    assert_int_equal(a.port->loops, 0); /* for ever */
    assert_int_equal(b.port->plays, 0);
    c = enter(house, "1003", "[" ROOM("") "]");
    assert_true(conversation_has_begun(room(house)));
    assert_int_equal(a.port->play, 0);
    assert_non_null(c.port->room);
    assert_ptr_equal(a.port->room, c.port->room);
    assert_ptr_equal(b.port->room, c.port->room);
    leave(house, &a);
    leave(house, &b);
    leave(house, &c);
}

static void test_it_goes_on_until_the_last_one_has_left(void **state)
{
    struct house *house = *state;
    struct person a = enter(house, "1001", "[" WAITS("") "]");
    struct person moderator = enter(house, "1002", "[" ROOM("") "]"), b;

    leave(house, &moderator);
    assert_non_null(a.port->room);
    b = enter(house, "1003", "[" WITH_MUSIC "]");
    assert_ptr_equal(b.port->room, a.port->room);
    assert_int_equal(b.port->plays, 0);
    leave(house, &a);
    assert_non_null(b.port->room); /* begun it has, whoever is left */
    leave(house, &b);
    b = enter(house, "1004", "[" WAITS("") "]");
    assert_null(b.port->room);
    leave(house, &b);
}

static void test_the_one_who_comes_by_rest_begins_it(void **state)
{
    struct house *house = *state;
    struct person a = enter(house, "1001", "[" WAITS("") "]");
    struct person b = enter(house, "1002", "[" JOIN("other") "]");
    struct member_rules none = {0};

    assert_int_equal(call_enter(call_of(house, &b)->member, room(house), &none, NULL), 0);
    settle(house);
    assert_non_null(b.port->room);
    assert_ptr_equal(a.port->room, b.port->room);
    leave(house, &b);
    leave(house, &a);
}

static void test_members_without_a_leg_begin_nothing(void **state)
{
    struct house *house = *state;
    struct person a = enter(house, "1001", "[" WAITS("") "]"), b;
    struct user *user;
    struct user_facts facts = {.name = json_string("ann")};
    struct member_asked asked = {.join = true};
    struct member *text;

    assert_int_equal(user_make(demo(house), &facts, &user), 0);
    json_decref(facts.name);
    asked.user = user;
    assert_int_equal(member_add(room(house), &asked, &text), 0);
    assert_null(a.port->room);
    b = enter(house, "1002", "[" WAITS("") "]");
    assert_null(b.port->room);
    member_leave(text, NULL, NULL, NULL);
    leave(house, &a);
    leave(house, &b);
}

static void test_who_waits_leaves_it_with_its_music(void **state)
{
    struct house *house = *state;
    struct person a = enter(house, "1001", "[" WITH_MUSIC "]");
    json_t *flow = json_loads("[" STREAM "]", 0, NULL);

    paper_load(true);
    assert_int_not_equal(a.port->play, 0);
    assert_int_equal(call_transfer(call_of(house, &a), flow), 0);
    settle(house);
    assert_int_equal(a.port->play, 0);
    assert_non_null(a.port->room); /* of its own */
    paper_load(true);
    assert_int_equal(a.port->plays, 2);
    assert_int_equal(a.port->loops, 1);
    json_decref(flow);
    leave(house, &a);
}

static void play(struct house *house, const struct person *person, char id[ID_UUID])
{
    struct member *member = call_of(house, person)->member;
    struct audio_target target = {.conversation = member_conversation(member), .to = member};
    struct audio_play what = {.url = "http://x.example/a.wav", .loop = 1};
    const char *reason;
    int64_t event;

    assert_int_equal(audio_play(&target, &what, id, &event, &reason), 0);
    paper_load(true);
    settle(house);
}

static void test_music_comes_back_after_what_rest_plays(void **state)
{
    struct house *house = *state;
    struct person a = enter(house, "1001", "[" WITH_MUSIC "]");
    struct audio_target target;
    char id[ID_UUID];
    int64_t event;

    paper_load(true);
    assert_int_equal(a.port->plays, 1);
    play(house, &a, id);
    assert_int_equal(a.port->plays, 2);
    assert_int_equal(a.port->loops, 1);
    a.port->events->played(1, false, a.port->arg); /* the music was cut */
    a.port->events->played(2, true, a.port->arg);
    settle(house);
    assert_int_equal(a.port->plays, 3);
    assert_int_equal(a.port->loops, 0);
    play(house, &a, id);
    target = (struct audio_target){.conversation = room(house), .to = call_of(house, &a)->member};
    assert_int_equal(audio_play_stop(&target, id, &event), 0);
    assert_int_equal(a.port->plays, 5);
    assert_int_equal(a.port->loops, 0);
    assert_null(a.port->room);
    leave(house, &a);
}

/* Something else that is no act sounds, too: the flow's beep. */
static void test_music_comes_back_after_any_sound(void **state)
{
    struct house *house = *state;
    struct person a = enter(house, "1001", "[" WITH_MUSIC "]");
    struct sound *sound = mem_alloc(sizeof *sound, NULL);

    paper_load(true);
    assert_int_equal(leg_play(call_of(house, &a)->leg, sound, 1, 0), 2);
    a.port->events->played(1, false, a.port->arg);
    assert_int_equal(a.port->plays, 2);
    a.port->events->played(2, true, a.port->arg);
    assert_int_equal(a.port->plays, 3);
    assert_int_equal(a.port->loops, 0);
    mem_unref(sound);
    leave(house, &a);
}

static void test_music_that_cannot_be_heard_is_told_and_it_waits(void **state)
{
    struct house *house = *state;
    struct person a = enter(house, "1001", "[" WITH_MUSIC "]"), b;

    paper_load(false);
    settle(house);
    assert_int_equal(strncmp(error(0), "conversation: musicOnHoldUrl: http", 34), 0);
    assert_int_equal(a.dialog->hung_up, 0);
    assert_null(a.port->room);
    paper.no_sounds = true;
    b = enter(house, "1002", "[" WITH_MUSIC "]");
    assert_int_equal(strncmp(error(1), "conversation: musicOnHoldUrl: ", 30), 0);
    leave(house, &a);
    leave(house, &b);
}

static void test_music_that_comes_too_late_is_not_heard(void **state)
{
    struct house *house = *state;
    struct person a = enter(house, "1001", "[" WITH_MUSIC "]");
    struct person b = enter(house, "1002", "[" ROOM("") "]"), c;

    paper_load(true);
    assert_int_equal(a.port->plays, 0);
    leave(house, &b);
    leave(house, &a);
    c = enter(house, "1003", "[" WITH_MUSIC "]");
    leave(house, &c);
    paper_load(true); /* for nobody */
    assert_string_equal(error(0), "none");
}

static void test_mute_and_lists_hold_for_who_waited(void **state)
{
    struct house *house = *state;
    struct person a = enter(house, "1001", "[" WAITS(",\"mute\":true") "]"), b, c;

    assert_true(a.port->muted);
    b = enter(house, "1002", "[" WAITS(",\"canHear\":[]") "]");
    paper.audible_count = 0;
    c = enter(house, "1003", "[" ROOM("") "]");
    assert_true(a.port->muted);
    for (unsigned i = 0, found = 0; i <= paper.audible_count; i++) {
        if (i == paper.audible_count)
            assert_true(found >= 2);
        else if (paper.audible[i].listener == b.port) {
            assert_false(paper.audible[i].on);
            found++;
        }
    }
    leave(house, &a);
    leave(house, &b);
    leave(house, &c);
}

static void test_it_ends_for_all_with_one(void **state)
{
    struct house *house = *state;
    struct person last = enter(house, "1001", "[" ROOM("") "]");
    struct person goes_on = enter(house, "1002", "[" ROOM("") "," STREAM "]");
    struct person guest = enter(house, "1003", "[" JOIN("other") "]");
    struct person moderator = enter(house, "1004", "[" ENDS "]");
    struct member_rules none = {0};

    assert_int_equal(call_enter(call_of(house, &guest)->member, room(house), &none, NULL), 0);
    settle(house);
    assert_int_equal(conversation_legs(room(house)), 4);
    leave(house, &moderator);
    assert_int_not_equal(last.dialog->hung_up, 0);
    assert_int_not_equal(guest.dialog->hung_up, 0);
    assert_int_equal(goes_on.dialog->hung_up, 0);
    assert_ptr_not_equal(member_conversation(call_of(house, &goes_on)->member), room(house));
    paper_load(true);
    assert_int_not_equal(goes_on.port->play, 0);
    leave(house, &last);
    leave(house, &guest);
    leave(house, &goes_on);
    last = enter(house, "1005", "[" WAITS("") "]"); /* the room itself is still there */
    leave(house, &last);
}

static void test_it_ends_for_all_when_one_is_moved(void **state)
{
    struct house *house = *state;
    struct person waits = enter(house, "1001", "[" WITH_MUSIC "," STREAM "]");
    struct person moves = enter(house, "1002", "[" WAITS(",\"endOnExit\":true") "]");
    json_t *flow = json_loads("[" JOIN("other") "]", 0, NULL);

    paper_load(true);
    assert_int_equal(call_transfer(call_of(house, &moves), flow), 0);
    json_decref(flow);
    settle(house);
    assert_int_equal(moves.dialog->hung_up, 0);
    assert_int_equal(conversation_legs(room(house)), 0);
    assert_int_equal(waits.port->play, 0); /* the music */
    paper_load(true);
    assert_int_equal(waits.port->loops, 1); /* the stream */
    leave(house, &moves);                   /* which ends nothing any more */
    assert_int_equal(waits.dialog->hung_up, 0);
    leave(house, &waits);
}

static void test_several_end_it_once(void **state)
{
    struct house *house = *state;
    struct person a = enter(house, "1001", "[" ENDS "," STREAM "]");
    struct person b = enter(house, "1002", "[" ENDS "," STREAM "]");
    struct person c = enter(house, "1003", "[" ENDS "," STREAM "]");

    leave(house, &a);
    paper_load(true);
    paper_load(true);
    assert_int_not_equal(b.port->play, 0);
    assert_int_not_equal(c.port->play, 0);
    leave(house, &b);
    assert_int_equal(c.dialog->hung_up, 0);
    leave(house, &c);
}

/* What a second action says of the same conversation holds from then on. */
static void test_who_enters_again_does_not_wait_any_more(void **state)
{
    struct house *house = *state;
    struct person a = enter(house, "1001", "[" WITH_MUSIC "]"), b;
    struct member_rules none = {0};

    paper_load(true);
    b = enter(house, "1002", "[" WAITS("") "]");
    assert_int_equal(call_enter(call_of(house, &a)->member, room(house), &none, NULL), 0);
    settle(house);
    assert_int_equal(a.port->play, 0);
    assert_non_null(a.port->room);
    assert_ptr_equal(a.port->room, b.port->room);
    leave(house, &a);
    leave(house, &b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MEET(test_who_waits_is_apart_until_one_comes_who_does_not),
        MEET(test_it_goes_on_until_the_last_one_has_left),
        MEET(test_the_one_who_comes_by_rest_begins_it),
        MEET(test_members_without_a_leg_begin_nothing),
        MEET(test_who_waits_leaves_it_with_its_music),
        MEET(test_music_comes_back_after_what_rest_plays),
        MEET(test_music_comes_back_after_any_sound),
        MEET(test_music_that_cannot_be_heard_is_told_and_it_waits),
        MEET(test_music_that_comes_too_late_is_not_heard),
        MEET(test_mute_and_lists_hold_for_who_waited),
        MEET(test_it_ends_for_all_with_one),
        MEET(test_it_ends_for_all_when_one_is_moved),
        MEET(test_several_end_it_once),
        MEET(test_who_enters_again_does_not_wait_any_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
