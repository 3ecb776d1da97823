/* call_recording.c: recordings of legs and conversations: each is told of once, however it
 * ends, also by the run after a crash. Their files have no sound: media is of paper. */
#include "call_paper.h"

#include "base/clock.h"
#include "conversation/audio_private.h"
#include "ncco/private.h"

#include <sys/stat.h>
#include <unistd.h>

enum { PATIENCE = 20000 /* [ms] */ };

/* What is recorded, and what was told of it. */
static struct scene {
    char folder[64];
    struct audio_plane plane;
    unsigned told;
    char url[200], id[64], conversation[64], webhook[64], method[8], path[300];
    unsigned channels;
    bool tell_channels, transcription, again; /* it was told before */
    bool busy;                                /* nobody transcribes yet */
    struct bridge *bridge;
    int64_t size, started;
} scene;

#define until(condition)                                        \
    do {                                                        \
        int64_t until_end = clock_mono_ms() + PATIENCE;         \
        while (!(condition)) {                                  \
            if (clock_mono_ms() > until_end)                    \
                fail_msg("waited in vain for: %s", #condition); \
            loop_wait(paper.loop, 5);                           \
        }                                                       \
    } while (0)

static void copy(char *to, size_t size, const char *text)
{
    assert_true((size_t)snprintf(to, size, "%s", text ? text : "-") < size);
}

static void on_recorded(const struct audio_recorded *recorded, void *arg)
{
    (void)arg;
    scene.told++;
    copy(scene.url, sizeof scene.url, recorded->url);
    copy(scene.id, sizeof scene.id, recorded->recording_id);
    copy(scene.conversation, sizeof scene.conversation, recorded->conversation_id);
    copy(scene.webhook, sizeof scene.webhook, recorded->webhook);
    copy(scene.method, sizeof scene.method, recorded->method);
    copy(scene.path, sizeof scene.path, recorded->path);
    scene.channels = recorded->channels;
    scene.tell_channels = recorded->tell_channels;
    scene.transcription = recorded->transcription != NULL;
    scene.again = recorded->told;
    if (recorded->transcription && !scene.busy)
        audio_transcribed(scene.bridge, recorded->recording_id);
    scene.size = recorded->size;
    scene.started = recorded->started;
}

static void begin_plane(struct house *house)
{
    scene.bridge = house->bridge;
    assert_int_equal(recorder_start(&scene.plane.recorder, paper.loop), 0);
    assert_int_equal(bridge_audio(house->bridge, &scene.plane), 0);
}

static void begin(struct house *house)
{
    memset(&scene, 0, sizeof scene);
    strcpy(scene.folder, "/tmp/call_recording.XXXXXX");
    assert_non_null(mkdtemp(scene.folder));
    scene.plane = (struct audio_plane){.recordings = scene.folder,
                                       .recorded = on_recorded,
                                       .record_ended = calls_record_ended,
                                       .arg = house->calls};
    begin_plane(house);
}

static void end_plane(void)
{
    recorder_stop(scene.plane.recorder);
    loop_run(paper.loop);
}

static void end(void)
{
    char command[100];

    end_plane();
    snprintf(command, sizeof command, "rm -rf %s", scene.folder);
    assert_int_equal(system(command), 0);
}

static struct conversation *room(struct house *house, const char *name)
{
    struct conversation *conversation = NULL;

    assert_int_equal(conversation_open(house->bridge, demo(house), name, false, &conversation), 0);
    return conversation;
}

static int record(struct conversation *conversation, struct member *to,
                  const struct audio_record *what, char id[ID_UUID])
{
    struct audio_target target = {.conversation = conversation, .to = to};
    const char *reason;
    int64_t event;

    return audio_record(&target, what, id, &event, &reason);
}

static int stop(struct conversation *conversation, struct member *to, const char *id)
{
    struct audio_target target = {.conversation = conversation, .to = to};
    int64_t event;

    return audio_record_stop(&target, id, &event);
}

static const struct audio_record simple = {.url = "http://h", .webhook = "http://x/r"};

static void test_a_leg_takes_its_recording_along(void **state)
{
    struct house *house = *state;
    struct dialog *caller = ring_in(house, "[" JOIN("one") "]");
    struct conversation *one = room(house, "one"), *two = room(house, "two");
    struct member *member = member_at(one, 0);
    char id[ID_UUID], other[ID_UUID];

    begin(house);
    assert_int_equal(record(one, member, &simple, id), 0);
    assert_int_equal(record(one, NULL, &simple, other), 0);
    assert_int_equal(member_move(member, two, NULL, &member), 0);
    until(scene.told == 1); /* the one of the conversation, where nobody is any more */
    assert_string_equal(scene.id, other);
    assert_int_equal(stop(one, NULL, other), ENOENT);
    assert_int_equal(record(two, member, &simple, other), 0); /* a second one of the leg */
    assert_int_equal(stop(two, member, id), 0);
    until(scene.told == 2);
    assert_string_equal(scene.id, id);
    assert_string_equal(scene.conversation, conversation_id(one));
    over(house, caller, 200, true);
    until(scene.told == 3);
    assert_string_equal(scene.id, other);
    assert_string_equal(scene.conversation, conversation_id(two));
    assert_non_null(strstr(events_text(house, conversation_id(one)), "audio:record:done"));
    end();
    assert_int_equal(scene.told, 3);
    mem_unref(caller);
}

static void test_a_transfer_and_a_hang_up_at_once(void **state)
{
    struct house *house = *state;
    struct dialog *caller = ring_in(house, "[" JOIN("one") "]");
    struct conversation *one = room(house, "one");
    char id[ID_UUID];

    begin(house);
    assert_int_equal(record(one, member_at(one, 0), &simple, id), 0);
    member_move(member_at(one, 0), room(house, "two"), NULL, NULL);
    over(house, caller, 200, true);
    until(scene.told == 1);
    end();
    assert_int_equal(scene.told, 1);
    mem_unref(caller);
}

static void test_channels(void **state)
{
    static const struct {
        struct audio_record what;
        bool of_leg;
        int err;
        unsigned channels;
    } cases[] = {
        {{.format = "wav"}, false, 0, 1},
        {{.format = "wav", .split = true}, true, 0, 2},
        {{.format = "mp3", .split = true}, false, 0, 2},
        {{.format = "wav", .split = true, .channels = 1}, true, 0, 1},
        {{.format = "wav", .split = true, .channels = 32, .tell_channels = true}, true, 0, 32},
        {{.format = "wav", .split = true, .channels = 5, .tell_channels = true}, false, 0, 5},
        {{.format = "mp3", .split = true, .channels = 3}, true, ENOTSUP, 0},
        {{.format = "wav", .split = true, .channels = 33}, true, EINVAL, 0},
        {{.format = "flac"}, true, EINVAL, 0},
    };
    struct house *house = *state;
    struct dialog *caller = ring_in(house, "[" JOIN("one") "]");
    struct conversation *one = room(house, "one");
    unsigned told = 0;
    char id[ID_UUID];

    begin(house);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(
            record(one, cases[i].of_leg ? member_at(one, 0) : NULL, &cases[i].what, id),
            cases[i].err);
        if (cases[i].err)
            continue;
        assert_int_equal(stop(one, NULL, NULL), 0);
        told++;
        until(scene.told == told);
        assert_int_equal(scene.channels, cases[i].channels);
        assert_int_equal(scene.tell_channels, cases[i].what.tell_channels);
        assert_string_equal(scene.webhook, "-");
    }
    over(house, caller, 200, true);
    end();
    assert_int_equal(scene.told, told);
    mem_unref(caller);
}

/* Rows of what runs. */
struct kept {
    unsigned count;
    char id[64], application[64], conversation[64], data[2000];
    int64_t created;
};

static void keep(const struct store_recording *row, void *arg)
{
    struct kept *kept = arg;

    kept->count++;
    copy(kept->id, sizeof kept->id, row->id);
    copy(kept->application, sizeof kept->application, row->application);
    copy(kept->conversation, sizeof kept->conversation, row->conversation);
    copy(kept->data, sizeof kept->data, row->data);
    kept->created = row->created;
}

static unsigned rows(struct house *house, struct kept *kept)
{
    kept->count = 0;
    assert_int_equal(store_each_recording(house->store, keep, kept), 0);
    return kept->count;
}

/* What is on disk after kill -9: the row, and the file under the name it has while it grows. */
static void leave(struct house *house, const struct kept *kept, bool part)
{
    struct store_recording row = {kept->id, kept->application, kept->conversation, kept->data,
                                  kept->created};
    char path[320];

    assert_int_equal(store_recording_put(house->store, &row), 0);
    snprintf(path, sizeof path, "%s.part", scene.path);
    if (part)
        assert_int_equal(rename(scene.path, path), 0);
}

static void next_run(struct house *house)
{
    end_plane();
    restart(house);
    scene.told = 0;
    scene.id[0] = '\0';
    begin_plane(house);
}

static void test_what_a_crash_left_is_told_once(void **state)
{
    struct house *house = *state;
    struct dialog *caller = ring_in(house, "[" JOIN("one") "]");
    struct conversation *one = room(house, "one");
    json_t *language = json_pack("{s:s}", "language", "en-US");
    const struct audio_record what = {.url = "http://h",
                                      .webhook = "http://x/r",
                                      .method = "GET",
                                      .format = "wav",
                                      .split = true,
                                      .channels = 4,
                                      .tell_channels = true,
                                      .transcription = language};
    struct kept kept, none;
    char id[ID_UUID], at[64];

    begin(house);
    copy(at, sizeof at, conversation_id(one));
    assert_int_equal(record(one, member_at(one, 0), &what, id), 0);
    assert_int_equal(rows(house, &kept), 1);
    assert_string_equal(kept.id, id);
    over(house, caller, 200, true);
    until(scene.told == 1);
    assert_int_equal(rows(house, &none), 0);
    for (int part = 1; part >= 0; part--) { /* in the middle; after the file had its name */
        leave(house, &kept, part);
        next_run(house);
        until(scene.told == 1);
        assert_string_equal(scene.id, id);
        assert_string_equal(scene.conversation, at);
        assert_string_equal(scene.webhook, "http://x/r");
        assert_string_equal(scene.method, "GET");
        assert_int_equal(scene.channels, 4);
        assert_true(scene.tell_channels && scene.transcription);
        assert_int_equal(scene.started, kept.created);
        assert_int_equal(access(scene.path, F_OK), 0);
        assert_non_null(strstr(scene.path, strrchr(scene.url, '/') + 1));
        assert_int_equal(rows(house, &none), 0);
        next_run(house);
        loop_wait(paper.loop, 300);
        assert_int_equal(scene.told, 0);
    }
    assert_string_equal(events_text(house, at),
                        "member:joined, member:media, audio:record, sip:hangup, member:left, "
                        "audio:record:done, audio:record:done, audio:record:done");
    json_decref(language);
    mem_unref(caller);
    end();
}

/* Its row waits for the transcription, run after run; nothing else is told again. */
static void test_a_transcription_waits_for_the_next_run(void **state)
{
    struct house *house = *state;
    struct dialog *caller = ring_in(house, "[" JOIN("one") "]");
    struct conversation *one = room(house, "one");
    json_t *language = json_pack("{s:s}", "language", "en-US");
    struct audio_record what = simple;
    char id[ID_UUID], at[64];
    struct kept kept;

    begin(house);
    scene.busy = true;
    what.transcription = language;
    copy(at, sizeof at, conversation_id(one));
    assert_int_equal(record(one, member_at(one, 0), &what, id), 0);
    over(house, caller, 200, true);
    until(scene.told == 1);
    assert_false(scene.again);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(rows(house, &kept), 1);
        scene.busy = i == 0;
        next_run(house);
        until(scene.told == 1);
        assert_true(scene.again && scene.transcription);
        assert_string_equal(scene.id, id);
    }
    assert_int_equal(rows(house, &kept), 0);
    assert_string_equal(events_text(house, at),
                        "member:joined, member:media, audio:record, sip:hangup, member:left, "
                        "audio:record:done");
    json_decref(language);
    mem_unref(caller);
    end();
}

static void test_what_a_crash_left_of_nothing(void **state)
{
    struct house *house = *state;
    struct dialog *caller = ring_in(house, "[" JOIN("one") "]");
    struct conversation *one = room(house, "one");
    struct kept kept, none;
    char id[ID_UUID];

    begin(house);
    assert_int_equal(record(one, NULL, &simple, id), 0);
    assert_int_equal(rows(house, &kept), 1);
    assert_int_equal(stop(one, NULL, NULL), 0);
    until(scene.told == 1);
    over(house, caller, 200, true);
    leave(house, &kept, false);
    copy(kept.id, sizeof kept.id, "11111111-1111-4111-8111-111111111111");
    copy(kept.data, sizeof kept.data, "{\"file\":\"../../etc/passwd\"}"); /* nobody wrote that */
    leave(house, &kept, false);
    assert_int_equal(unlink(scene.path), 0);
    next_run(house);
    until(rows(house, &none) == 1);
    assert_string_equal(none.id, kept.id);
    assert_int_equal(scene.told, 0); /* there is no file to tell of */
    mem_unref(caller);
    end();
}

static void test_what_nobody_can_be_told_of_is_removed(void **state)
{
    struct house *house = *state;
    struct dialog *caller = ring_in(house, "[" JOIN("one") "]");
    struct conversation *one = room(house, "one");
    struct audio_record what = simple;
    struct kept kept[2], none;
    char id[ID_UUID], paths[2][sizeof scene.path];

    begin(house);
    for (int i = 0; i < 2; i++) {
        what.webhook = i ? "http://x/r" : NULL;
        assert_int_equal(record(one, NULL, &what, id), 0);
        assert_int_equal(rows(house, &kept[i]), 1);
        assert_int_equal(stop(one, NULL, NULL), 0);
        until(scene.told == (unsigned)i + 1);
        memcpy(paths[i], scene.path, sizeof paths[i]);
    }
    over(house, caller, 200, true);
    for (int i = 0; i < 2; i++) { /* the conversation went with its call */
        copy(kept[i].conversation, sizeof kept[i].conversation, "CON-1");
        leave(house, &kept[i], false);
    }
    next_run(house);
    until(rows(house, &none) == 0);
    assert_int_equal(scene.told, 1);
    assert_string_equal(scene.path, paths[1]);
    assert_int_equal(access(paths[0], F_OK), -1);
    assert_int_equal(access(paths[1], F_OK), 0);
    mem_unref(caller);
    end();
}

static void test_how_long_a_file_is_kept(void **state)
{
    struct house *house = *state;
    struct dialog *caller = ring_in(house, "[" JOIN("one") "]");
    struct conversation *one = room(house, "one");
    const char *file;
    char id[ID_UUID], *path;

    begin(house);
    assert_int_equal(record(one, NULL, &(struct audio_record){.kept = 3600}, id), 0);
    over(house, caller, 200, true);
    until(scene.told == 1);
    file = strrchr(scene.url, '/') + 1;
    path = audio_file(scene.folder, APP, file, 1); /* its own time is the one that counts */
    assert_non_null(path);
    assert_string_equal(path, scene.path);
    mem_unref(path);
    retention_prune(scene.folder, 1, clock_wall_ms() + 3500 * 1000);
    assert_int_equal(access(scene.path, F_OK), 0);
    retention_prune(scene.folder, RECORDINGS_KEPT, clock_wall_ms() + 3600 * 1000);
    assert_int_equal(access(scene.path, F_OK), -1);
    memcpy(scene.path + strlen(scene.path) - 3, "until", sizeof "until");
    assert_int_equal(access(scene.path, F_OK), -1);
    end();
    mem_unref(caller);
}

/* Flows. */

#define RECORD(more) "{\"action\":\"record\",\"format\":\"wav\"" more "}"

static bool is_in(struct house *house, const char *name)
{
    return conversation_members(room(house, name)) > 0;
}

static void press(char key)
{
    paper.port->events->digit(key, 100, paper.port->arg);
}

static void test_a_flow_goes_on_beside_its_recording(void **state)
{
    struct house *house = *state;
    struct dialog *caller;
    struct call *call;
    json_t *next = json_loads("[" JOIN("two") "]", 0, NULL);

    begin(house);
    caller = ring_in(house,
                     "[" RECORD(",\"eventUrl\":\"http://x/r\",\"eventMethod\":\"GET\""
                                ",\"split\":\"conversation\",\"channels\":3") "," JOIN("one") "]");
    assert_true(is_in(house, "one"));
    call = call_at(house, room(house, "one"), 0);
    call_run(call, next); /* as a webhook's reply has it */
    settle(house);
    assert_true(is_in(house, "two"));
    loop_wait(paper.loop, 250);
    assert_int_equal(scene.told, 0);
    assert_int_equal(call_transfer(call, next), 0);
    until(scene.told == 1);
    assert_string_equal(scene.webhook, "http://x/r");
    assert_string_equal(scene.method, "GET");
    assert_int_equal(scene.channels, 3);
    assert_true(scene.tell_channels);
    over(house, caller, 200, true);
    json_decref(next);
    end();
    assert_int_equal(scene.told, 1);
    mem_unref(caller);
}

static void test_a_flow_waits_for_its_key(void **state)
{
    struct house *house = *state;
    struct dialog *caller;

    begin(house);
    caller = ring_in(house, "[" RECORD(",\"endOnKey\":\"#\"") "," RECORD(
                                ",\"endOnKey\":\"*\"") "," JOIN("one") "]");
    press('1');
    press('*');
    assert_false(is_in(house, "one"));
    press('#');
    until(scene.told == 1);
    assert_string_equal(scene.webhook, ""); /* the application's */
    assert_false(is_in(house, "one"));
    press('*');
    assert_true(is_in(house, "one"));
    until(scene.told == 2);
    over(house, caller, 200, true);
    end();
    assert_int_equal(scene.told, 2);
    mem_unref(caller);
}

/* Another flow in its place, a stop by REST, a caller who leaves: it waits no more. */
static void test_a_flow_that_waits_can_be_ended(void **state)
{
    static const char ncco[] = "[" RECORD(",\"endOnKey\":\"#\"") "," JOIN("one") "]";
    struct house *house = *state;
    struct dialog *caller;
    struct member *member;
    json_t *next = json_loads("[" JOIN("two") "]", 0, NULL);

    begin(house);
    caller = ring_in(house, ncco);
    call_run(call_at(house, conversation_of_first(house), 0), next);
    settle(house);
    until(scene.told == 1);
    assert_true(is_in(house, "two"));
    press('#');
    assert_false(is_in(house, "one"));
    over(house, caller, 200, true);
    mem_unref(caller);

    json_array_clear(paper.told);
    caller = ring_in(house, ncco);
    member = member_at(conversation_of_first(house), 0);
    assert_int_equal(stop(member_conversation(member), member, NULL), 0);
    settle(house);
    assert_true(is_in(house, "one"));
    until(scene.told == 2);
    over(house, caller, 200, true);
    mem_unref(caller);

    caller = ring_in(house, ncco);
    over(house, caller, 200, true);
    until(scene.told == 3);
    assert_false(is_in(house, "one"));
    mem_unref(caller);
    json_decref(next);
    end();
    assert_int_equal(scene.told, 3);
}

static void test_silence_is_counted_from_the_last_word(void **state)
{
    struct house *house = *state;
    struct dialog *caller;
    int64_t since;

    begin(house);
    caller = ring_in(house, "[" RECORD(",\"endOnSilence\":3") "," JOIN("one") "]");
    paper.port->events->speaking(true, paper.port->arg);
    loop_wait(paper.loop, 100);
    paper.port->events->speaking(false, paper.port->arg);
    since = clock_mono_ms();
    until(is_in(house, "one"));
    assert_true(clock_mono_ms() - since >= 3000 - 600 - 5); /* it is told 0.6 s late */
    until(scene.told == 1);
    over(house, caller, 200, true);
    end();
    mem_unref(caller);
}

static void test_a_conversation_is_recorded_once(void **state)
{
    struct house *house = *state;
    struct dialog *first, *second;
    struct conversation *one;
    json_t *object = json_loads("{\"eventUrl\":[\"http://x/c\"]}", 0, NULL);
    const char *reason;

    begin(house);
    first = ring_in(house, "[" JOIN("one") "]");
    one = room(house, "one");
    assert_int_equal(record_conversation(call_at(house, one, 0), one, object, &reason), 0);
    second = ring_in(house, "[" JOIN("one") "]");
    assert_int_equal(record_conversation(call_at(house, one, 1), one, object, &reason), 0);
    over(house, first, 200, true);
    loop_wait(paper.loop, 250);
    assert_int_equal(scene.told, 0);
    over(house, second, 200, true);
    until(scene.told == 1);
    assert_string_equal(scene.webhook, "http://x/c");
    json_decref(object);
    end();
    assert_int_equal(scene.told, 1);
    mem_unref(first);
    mem_unref(second);
}

static void test_what_cannot_be_recorded_ends_no_flow(void **state)
{
    struct house *house = *state;
    struct dialog *caller;

    memset(&scene, 0, sizeof scene);
    strcpy(scene.folder, "/tmp/call_recording.none");
    scene.plane = (struct audio_plane){.recordings = "/proc/nowhere",
                                       .recorded = on_recorded,
                                       .record_ended = calls_record_ended,
                                       .arg = house->calls};
    begin_plane(house);
    caller = ring_in(house, "[" RECORD(",\"endOnKey\":\"#\"") "," JOIN("one") "]");
    until(is_in(house, "one")); /* there is no file: nobody can wait for its end */
    over(house, caller, 200, true);
    end();
    assert_int_equal(scene.told, 0);
    mem_unref(caller);
}

#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, set_up_on_disk, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_a_leg_takes_its_recording_along),
        CASE(test_a_transfer_and_a_hang_up_at_once),
        CASE(test_channels),
        ON_DISK(test_what_a_crash_left_is_told_once),
        ON_DISK(test_a_transcription_waits_for_the_next_run),
        ON_DISK(test_what_a_crash_left_of_nothing),
        ON_DISK(test_what_nobody_can_be_told_of_is_removed),
        CASE(test_how_long_a_file_is_kept),
        CASE(test_a_flow_goes_on_beside_its_recording),
        CASE(test_a_flow_waits_for_its_key),
        CASE(test_a_flow_that_waits_can_be_ended),
        CASE(test_silence_is_counted_from_the_last_word),
        CASE(test_a_conversation_is_recorded_once),
        CASE(test_what_cannot_be_recorded_ends_no_flow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
