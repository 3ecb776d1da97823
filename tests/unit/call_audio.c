/* call_audio.c: acts on sound: their order, their one end, and what is left of them when
 * somebody leaves, moves or a sound comes too late. And the files of recordings. */
#include "call_paper.h"

#include "base/clock.h"
#include "conversation/audio_private.h"

#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#define URL "http://x.example/a.wav"
#define OTHER "22222222-2222-4222-8222-222222222222"

/* The conversation "room" with a caller in it; *port is the caller's. */
static struct conversation *room(struct house *house, struct dialog **caller,
                                 struct media_port **port)
{
    struct conversation *conversation = NULL;

    *caller = ring_in(house, "[" JOIN("room") "]");
    *port = paper.port;
    assert_int_equal(conversation_open(house->bridge, demo(house), "room", false, &conversation),
                     0);
    return conversation;
}

static int play(struct conversation *conversation, struct member *to, bool queue, char id[ID_UUID])
{
    struct audio_target target = {.conversation = conversation, .to = to};
    struct audio_play what = {.url = URL, .loop = 1, .queue = queue};
    const char *reason;
    int64_t event;
    int err = audio_play(&target, &what, id, &event, &reason);

    assert_int_equal(err != 0, event == 0);
    return err;
}

static int stop(struct conversation *conversation, struct member *to, const char *id)
{
    struct audio_target target = {.conversation = conversation, .to = to};
    int64_t event;
    int err = audio_play_stop(&target, id, &event);

    assert_int_equal(err != 0, event == 0);
    return err;
}

/* "play 1, done 2": the acts' events, by the order of their ids in `ids`. */
static const char *acts_text(struct house *house, const struct conversation *conversation,
                             char ids[][ID_UUID], size_t count)
{
    json_t *rows = events_of(house, conversation_id(conversation)), *row;
    static char text[1000];
    size_t i, length = 0;

    text[0] = '\0';
    json_array_foreach (rows, i, row) {
        const char *type = json_string_value(json_object_get(row, "type"));
        const char *id =
            json_string_value(json_object_get(json_object_get(row, "body"), "play_id"));
        size_t which = 0;

        if (strncmp(type, "audio:play", 10) != 0)
            continue;
        while (which < count && strcmp(ids[which], id) != 0)
            which++;
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%s %zu",
                                   length ? ", " : "", strrchr(type, ':') + 1, which + 1);
    }
    json_decref(rows);
    return text;
}

static void end(struct media_port *port, uint32_t which, bool completed)
{
    port->events->played(which, completed, port->arg);
}

static void test_it_plays_when_its_sound_is_there(void **state)
{
    struct house *house = *state;
    struct media_port *port;
    struct dialog *caller;
    struct conversation *conversation = room(house, &caller, &port);
    char ids[1][ID_UUID];

    play_on(house);
    assert_int_equal(play(conversation, member_at(conversation, 0), false, ids[0]), 0);
    assert_int_equal(port->play, 0);
    paper_load(true);
    assert_int_equal(port->play, 1);
    end(port, 7, true); /* not ours */
    assert_string_equal(acts_text(house, conversation, ids, 1), "play 1");
    end(port, 1, true);
    assert_string_equal(acts_text(house, conversation, ids, 1), "play 1, done 1");
    assert_int_equal(stop(conversation, NULL, NULL), ENOENT);
    over(house, caller, 200, true);
    mem_unref(caller);
}

static void test_a_stop_before_its_sound_came(void **state)
{
    struct house *house = *state;
    struct media_port *port;
    struct dialog *caller;
    struct conversation *conversation = room(house, &caller, &port);
    char ids[1][ID_UUID];

    play_on(house);
    assert_int_equal(play(conversation, NULL, false, ids[0]), 0);
    assert_int_equal(stop(conversation, NULL, "no such id"), ENOENT);
    assert_int_equal(stop(conversation, NULL, ids[0]), 0);
    paper_load(true);
    assert_int_equal(port->play, 0);
    assert_string_equal(acts_text(house, conversation, ids, 1), "play 1, stop 1, done 1");
    over(house, caller, 200, true);
    mem_unref(caller);
}

static void test_its_target_leaves_before_its_sound_came(void **state)
{
    struct house *house = *state;
    struct media_port *port;
    struct dialog *caller;
    struct conversation *conversation = room(house, &caller, &port);
    char ids[1][ID_UUID];

    play_on(house);
    assert_int_equal(play(conversation, NULL, false, ids[0]), 0);
    over(house, caller, 200, true);
    assert_string_equal(acts_text(house, conversation, ids, 1), "play 1, done 1");
    paper_load(true);
    assert_string_equal(acts_text(house, conversation, ids, 1), "play 1, done 1");
    mem_unref(caller);
}

static void test_its_target_goes_to_another_conversation(void **state)
{
    struct house *house = *state;
    struct conversation *other = NULL, *conversation;
    struct media_port *port;
    struct dialog *caller;
    char ids[1][ID_UUID];

    conversation = room(house, &caller, &port);
    play_on(house);
    assert_int_equal(conversation_open(house->bridge, demo(house), "other", false, &other), 0);
    assert_int_equal(play(conversation, member_at(conversation, 0), false, ids[0]), 0);
    paper_load(true);
    assert_int_equal(port->play, 1);
    assert_int_equal(member_move(member_at(conversation, 0), other, NULL, NULL), 0);
    assert_int_equal(port->play, 0);
    assert_string_equal(acts_text(house, conversation, ids, 1), "play 1, done 1");
    assert_string_equal(acts_text(house, other, ids, 1), "");
    over(house, caller, 200, true);
    mem_unref(caller);
}

static void test_the_place_of_another_and_the_queue(void **state)
{
    struct house *house = *state;
    struct media_port *port;
    struct dialog *caller;
    struct conversation *conversation = room(house, &caller, &port);
    char ids[3][ID_UUID];

    play_on(house);
    assert_int_equal(play(conversation, NULL, false, ids[0]), 0);
    paper_load(true);
    assert_int_equal(play(conversation, NULL, true, ids[1]), 0);
    paper_load(true); /* its turn has not come */
    assert_int_equal(port->play, 1);
    end(port, 1, true);
    assert_int_equal(port->play, 2);
    assert_int_equal(play(conversation, NULL, false, ids[2]), 0);
    paper_load(false);
    assert_string_equal(acts_text(house, conversation, ids, 3),
                        "play 1, play 2, done 1, play 3, done 2, done 3");
    over(house, caller, 200, true);
    mem_unref(caller);
}

static void test_for_two_it_ends_with_the_second(void **state)
{
    struct house *house = *state;
    struct media_port *first, *second;
    struct dialog *one, *two;
    struct conversation *conversation = room(house, &one, &first);
    char ids[1][ID_UUID];

    two = ring_in_as(house, "+15550100009", SDP, "[" JOIN("room") "]");
    second = paper.port;
    play_on(house);
    assert_int_equal(play(conversation, NULL, false, ids[0]), 0);
    paper_load(true);
    assert_int_equal(first->play, 1);
    assert_int_equal(second->play, 1);
    end(first, 1, true);
    assert_string_equal(acts_text(house, conversation, ids, 1), "play 1");
    over(house, two, 200, true);
    assert_string_equal(acts_text(house, conversation, ids, 1), "play 1, done 1");
    over(house, one, 200, true);
    mem_unref(one);
    mem_unref(two);
}

static void test_what_cannot_be_begun_leaves_nothing(void **state)
{
    struct house *house = *state;
    struct media_port *port;
    struct dialog *caller;
    struct conversation *conversation = room(house, &caller, &port);
    char ids[1][ID_UUID];

    play_on(house);
    paper.no_sounds = true;
    assert_int_equal(play(conversation, NULL, false, ids[0]), ENOMEM);
    paper.no_sounds = false;
    over(house, caller, 200, true);
    assert_int_equal(play(conversation, NULL, false, ids[0]), ENODEV);
    assert_string_equal(acts_text(house, conversation, ids, 0), "");
    mem_unref(caller);
}

static void test_the_flow_s_own_sound_is_an_act(void **state)
{
    struct house *house = *state;
    struct conversation *conversation;
    struct media_port *port;
    struct dialog *caller;
    char ids[1][ID_UUID];

    play_on(house);
    caller = ring_in(house, "[" STREAM "," JOIN("room") "]");
    port = paper.port;
    conversation = conversation_of_first(house);
    paper_load(true);
    settle(house);
    assert_int_equal(port->play, 1);
    assert_int_equal(play(conversation, NULL, false, ids[0]), 0); /* in its place */
    paper_load(true);
    assert_int_equal(port->play, 2);
    settle(house); /* the flow goes on, to the room; the act stays behind */
    assert_int_equal(conversation_open(house->bridge, demo(house), "room", false, &conversation),
                     0);
    assert_int_equal(conversation_members(conversation), 1);
    over(house, caller, 200, true);
    mem_unref(caller);
}

/* A phone that is dialled into a conversation, and takes no part in its sound. */
static struct conversation *dial_in_silent(struct house *house)
{
    struct conversation_facts made = {.name = json_string("quiet")};
    struct user_facts facts = {0};
    struct call_invitation invitation = {
        .asked = {.join = true,
                  .channel =
                      json_pack("{s:s,s:{s:s}}", "type", "phone", "to", "number", "15550100003"),
                  .media = json_pack("{s:{s:b}}", "audio_settings", "enabled", 0)},
    };
    struct member *member;
    const char *reason;

    assert_int_equal(conversation_make(house->bridge, demo(house), &made, &invitation.conversation),
                     0);
    assert_int_equal(user_make(demo(house), &facts, &invitation.asked.user), 0);
    assert_int_equal(call_invite(house->calls, &invitation, &member, &reason), 0);
    callee_answers(house, 0);
    json_decref(made.name);
    json_decref(invitation.asked.channel);
    json_decref(invitation.asked.media);
    return invitation.conversation;
}

static void test_a_recording_where_nobody_takes_part(void **state)
{
    struct house *house = *state;
    char folder[] = "/tmp/call_audio.XXXXXX", command[64], id[ID_UUID];
    struct audio_plane plane = {.recordings = mkdtemp(folder)};
    struct audio_record what = {.timeout = 1};
    struct audio_target target;
    const char *reason;
    int64_t event;

    assert_non_null(plane.recordings);
    assert_int_equal(recorder_start(&plane.recorder, paper.loop), 0);
    assert_int_equal(bridge_audio(house->bridge, &plane), 0);
    target = (struct audio_target){.conversation = dial_in_silent(house)};
    assert_int_equal(audio_record(&target, &what, id, &event, &reason), 0);
    over(house, paper.dialled[0], 200, true);
    recorder_stop(plane.recorder);
    loop_run(paper.loop);
    assert_non_null(
        strstr(events_text(house, conversation_id(target.conversation)), "audio:record:done"));
    conversation_delete(target.conversation);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
}

static void test_digits(void **state)
{
    struct house *house = *state;
    struct media_port *port;
    struct dialog *caller;
    struct conversation *conversation = room(house, &caller, &port);
    struct audio_target target = {.conversation = conversation};
    const char *reason;
    int64_t event;

    play_on(house);
    assert_int_equal(audio_digits(&target, "12x", false, &event, &reason), EINVAL);
    assert_non_null(reason);
    assert_int_equal(audio_digits(&target, "", false, &event, &reason), EINVAL);
    assert_int_equal(audio_digits(&target, "1aP#", false, &event, &reason), 0);
    assert_int_equal(event, conversation_sequence(conversation));
    assert_int_equal(audio_digits(&target, "1p2", true, &event, &reason), 0);
    assert_int_equal(event, conversation_sequence(conversation));
    assert_non_null(strstr(events_text(house, conversation_id(conversation)),
                           "audio:dtmf, audio:dtmf, audio:dtmf"));
    over(house, caller, 200, true);
    mem_unref(caller);
}

/* Files. */

enum { KEPT = 30 * 86400 /* [s] */ };

static void make_file(const char *folder, const char *name, int64_t age)
{
    char path[400];
    struct utimbuf times;
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    times.actime = times.modtime = (time_t)(clock_wall_ms() / 1000 - age);
    assert_int_equal(utime(path, &times), 0);
}

static bool is_there(const char *folder, const char *name)
{
    char path[400];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, F_OK) == 0;
}

static void write_until(const char *folder, int64_t seconds)
{
    char path[400];
    FILE *file;

    snprintf(path, sizeof path, "%s/" OTHER ".until", folder);
    file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "%lld\n", (long long)(clock_wall_ms() / 1000 + seconds));
    fclose(file);
}

static void test_files_are_found_by_their_application_and_go_when_they_are_old(void **state)
{
    const char *id = "11111111-1111-4111-8111-111111111111";
    char root[] = "recordings.XXXXXX", folder[100], *path;

    (void)state;
    assert_non_null(mkdtemp(root));
    snprintf(folder, sizeof folder, "%s/" APP, root);
    assert_int_equal(mkdir(folder, 0750), 0);
    make_file(folder, "11111111-1111-4111-8111-111111111111.mp3", 60);
    make_file(folder, OTHER ".wav", 31 * 86400);
    make_file(folder, OTHER ".wav.part", 31 * 86400);
    make_file(folder, "notes.txt", 400 * 86400);
    make_file(root, OTHER ".wav", 400 * 86400);

    path = audio_file(root, APP, id, KEPT);
    assert_non_null(path);
    assert_non_null(strstr(path, ".mp3"));
    mem_unref(path);
    assert_null(audio_file(root, OTHER, id, KEPT));
    assert_null(audio_file(root, APP, "../" APP "/11111111-1111-4111-8111-111111111111", KEPT));
    assert_null(audio_file(root, APP, "", KEPT));
    retention_prune(root, KEPT, clock_wall_ms());
    assert_true(is_there(folder, "11111111-1111-4111-8111-111111111111.mp3"));
    assert_false(is_there(folder, OTHER ".wav"));
    assert_false(is_there(folder, OTHER ".wav.part"));
    assert_true(is_there(folder, "notes.txt"));
    assert_true(is_there(root, OTHER ".wav"));
    retention_prune("/nonexistent", KEPT, clock_wall_ms());

    /* a time of its own, over and not over */
    make_file(folder, OTHER ".wav", 60);
    write_until(folder, -1);
    assert_null(audio_file(root, APP, OTHER, KEPT));
    write_until(folder, 60);
    path = audio_file(root, APP, OTHER, KEPT);
    assert_non_null(path);
    mem_unref(path);
    make_file(folder, OTHER ".wav", 60 * 86400);
    retention_prune(root, KEPT, clock_wall_ms());
    assert_true(is_there(folder, OTHER ".wav"));
    write_until(folder, -1);
    retention_prune(root, KEPT, clock_wall_ms());
    assert_false(is_there(folder, OTHER ".wav"));
    assert_false(is_there(folder, OTHER ".until"));

    make_file(folder, "11111111-1111-4111-8111-111111111111.mp3", 31 * 86400);
    retention_prune(root, KEPT, clock_wall_ms());
    assert_null(audio_file(root, APP, id, KEPT));
    snprintf(folder, sizeof folder, "rm -r '%s'", root);
    assert_int_equal(system(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_it_plays_when_its_sound_is_there),
        CASE(test_a_stop_before_its_sound_came),
        CASE(test_its_target_leaves_before_its_sound_came),
        CASE(test_its_target_goes_to_another_conversation),
        CASE(test_the_place_of_another_and_the_queue),
        CASE(test_for_two_it_ends_with_the_second),
        CASE(test_what_cannot_be_begun_leaves_nothing),
        CASE(test_the_flow_s_own_sound_is_an_act),
        CASE(test_a_recording_where_nobody_takes_part),
        CASE(test_digits),
        cmocka_unit_test(test_files_are_found_by_their_application_and_go_when_they_are_old),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
