/* call_input.c: the `input` action: keys, speech, both, and what is told of them. */
#include "call_script.h"
#include "ncco/input.h"

#include "base/clock.h"
#include "record/record.h"

#include <sys/stat.h>
#include <unistd.h>

#define DTMF(more) "{\"action\":\"input\",\"type\":[\"dtmf\"],\"dtmf\":{" more "}}"
#define SPEECH(more) "{\"action\":\"input\",\"type\":[\"speech\"],\"speech\":{" more "}}"
#define BOTH(dtmf, speech)                                                      \
    "{\"action\":\"input\",\"type\":[\"dtmf\",\"speech\"],\"dtmf\":{" dtmf "}," \
    "\"speech\":{" speech "}}"
#define KEYS(digits, timed_out) \
    "{\"speech\":{\"results\":[]},\"dtmf\":{\"digits\":\"" digits "\",\"timed_out\":" timed_out "}}"
#define HEARD(speech) "{\"speech\":{" speech "},\"dtmf\":{\"digits\":null,\"timed_out\":false}}"
#define YES "\"results\":[{\"confidence\":\"0.94\",\"text\":\"yes please\"}]"

enum { PATIENCE = 20000 /* [ms] */ };

#define until(condition)                                        \
    do {                                                        \
        int64_t until_end = clock_mono_ms() + PATIENCE;         \
        while (!(condition)) {                                  \
            if (clock_mono_ms() > until_end)                    \
                fail_msg("waited in vain for: %s", #condition); \
            loop_wait(paper.loop, 5);                           \
        }                                                       \
    } while (0)

/* A caller with that NCCO, who then waits. */
static struct dialog *caller(struct house *house, const char *action)
{
    static char ncco[2000];

    snprintf(ncco, sizeof ncco, "[%s," WAIT "]", action);
    return ring_in(house, ncco);
}

static void leave(struct house *house, struct dialog *in)
{
    over(house, in, 200, true);
    mem_unref(in);
}

/* The action with these keys tells this at once. */
static void keys_tell(struct house *house, const char *action, const char *keys, const char *text)
{
    struct dialog *in;
    unsigned before = asked_count();

    in = caller(house, action);
    press(house, paper.port, keys);
    assert_int_equal(asked_count(), before + 1);
    assert_string_equal(asked_text(before), text);
    leave(house, in);
}

/* Without more it tells this after that time and not before. */
static void silence_tells(struct house *house, const char *action, const char *keys, int64_t ms,
                          const char *text)
{
    struct dialog *in;
    unsigned before = asked_count();

    in = caller(house, action);
    press(house, paper.port, keys);
    pass(house, ms - 90);
    assert_int_equal(asked_count(), before);
    pass(house, 100);
    assert_int_equal(asked_count(), before + 1);
    assert_string_equal(asked_text(before), text);
    leave(house, in);
}

static void test_how_keys_end_it(void **state)
{
    struct house *house = *state;

    keys_tell(house, DTMF(""), "1234", KEYS("1234", "false"));
    keys_tell(house, "{\"action\":\"input\"}", "*0#9", KEYS("*0#9", "false"));
    keys_tell(house, DTMF("\"maxDigits\":1"), "5", KEYS("5", "false"));
    keys_tell(house, DTMF("\"maxDigits\":\"20\""), "12345678901234567890",
              KEYS("12345678901234567890", "false"));
    keys_tell(house, DTMF("\"submitOnHash\":true"), "12#", KEYS("12", "false"));
    keys_tell(house, DTMF("\"submitOnHash\":true"), "#", KEYS("", "false"));
    keys_tell(house, DTMF("\"submitOnHash\":true,\"maxDigits\":2"), "12", KEYS("12", "false"));
}

static void test_how_time_ends_it(void **state)
{
    struct house *house = *state;

    silence_tells(house, DTMF(""), "", 3000, KEYS("", "true"));
    silence_tells(house, DTMF(""), "12", 3000, KEYS("12", "true"));
    silence_tells(house, DTMF("\"timeOut\":10,\"maxDigits\":20"), "1#", 10000, KEYS("1#", "true"));
    silence_tells(house, "{\"action\":\"input\",\"timeOut\":1}", "", 1000, KEYS("", "true"));
    silence_tells(house, "{\"action\":\"input\",\"timeOut\":1,\"dtmf\":{\"timeOut\":5}}", "", 5000,
                  KEYS("", "true"));
}

static void test_older_names(void **state)
{
    struct house *house = *state;

    keys_tell(house, "{\"action\":\"input\",\"maxDigits\":2}", "12", KEYS("12", "false"));
    keys_tell(house, "{\"action\":\"input\",\"submitOnHash\":true}", "1#", KEYS("1", "false"));
    keys_tell(house, "{\"action\":\"input\",\"maxDigits\":9,\"dtmf\":{\"maxDigits\":1}}", "1",
              KEYS("1", "false"));
}

static void test_each_key_gives_more_time(void **state)
{
    struct house *house = *state;
    struct dialog *in = caller(house, DTMF("\"timeOut\":2"));

    for (int i = 0; i < 3; i++) {
        pass(house, 1900);
        press(house, paper.port, "1");
    }
    assert_int_equal(asked_count(), 0);
    pass(house, 2100);
    assert_string_equal(asked_text(0), KEYS("111", "true"));
    leave(house, in);
}

static void test_no_time_at_all(void **state)
{
    struct house *house = *state;
    struct dialog *in = caller(house, DTMF("\"timeOut\":0"));

    settle(house);
    assert_string_equal(asked_text(0), KEYS("", "true"));
    leave(house, in);
}

static void test_its_fields_come_in_order(void **state)
{
    static const char *const names[] = {
        "speech", "dtmf", "from", "to", "uuid", "conversation_uuid", "timestamp"};
    struct house *house = *state;
    struct dialog *in = caller(house, DTMF("\"maxDigits\":1"));
    json_t *fields, *value;
    const char *name;
    int i = 0;

    press(house, paper.port, "1");
    fields = json_object_get(json_array_get(paper.asked, 0), "fields");
    json_object_foreach (fields, name, value)
        assert_string_equal(name, names[i++]);
    assert_int_equal(i, 7);
    assert_string_equal(json_string_value(json_object_get(fields, "conversation_uuid")),
                        first_conversation());
    leave(house, in);
}

static void test_whom_it_asks(void **state)
{
    struct house *house = *state;
    struct dialog *in = caller(house, DTMF("\"maxDigits\":1"));

    press(house, paper.port, "1");
    assert_string_equal(asked_url(0), "POST http://x.example/e");
    leave(house, in);
    in =
        caller(house, "{\"action\":\"input\",\"maxDigits\":1,\"eventUrl\":[\"http://x.example/i\"],"
                      "\"eventMethod\":\"GET\"}");
    press(house, paper.port, "1");
    assert_string_equal(asked_url(1), "GET http://x.example/i");
    leave(house, in);
}

static void test_what_is_replied(void **state)
{
    struct house *house = *state;
    struct dialog *in;

    paper.reply = "[" TALK("other") "]";
    in = ring_in(house, "[" DTMF("\"maxDigits\":1") "," TALK("next") "]");
    press(house, paper.port, "1");
    assert_string_equal(script.text, "other");
    leave(house, in);
    paper.reply = NULL;
    in = ring_in(house, "[" DTMF("\"maxDigits\":1") "," TALK("next") "]");
    press(house, paper.port, "1");
    assert_string_equal(script.text, "next");
    leave(house, in);
    paper.reply = "[]";
    in = ring_in(house, "[" DTMF("\"maxDigits\":1") "," TALK("on") "]");
    press(house, paper.port, "1");
    assert_string_equal(script.text, "on");
    leave(house, in);
    paper.reply = "[{\"action\":\"fly\"}]";
    in = ring_in(house, "[" DTMF("\"maxDigits\":1") "," TALK("on") "]");
    press(house, paper.port, "1");
    assert_int_equal(told_errors("Syntax error in NCCO"), 1);
    assert_int_not_equal(in->hung_up, 0);
    leave(house, in);
}

static void test_keys_while_it_is_asked_are_lost(void **state)
{
    struct house *house = *state;
    struct dialog *in;

    in = ring_in(house, "[" DTMF("\"maxDigits\":1") "," DTMF("\"maxDigits\":2") "]");
    paper.hold_answers = true;
    press(house, paper.port, "12");
    assert_string_equal(first_call(house)->action->name, "input");
    paper.hold_answers = false;
    paper_answer();
    settle(house);
    press(house, paper.port, "34");
    assert_string_equal(asked_text(1), KEYS("34", "false"));
    leave(house, in);
}

/* Asynchronous. */

#define EACH(url) \
    "{\"action\":\"input\",\"mode\":\"asynchronous\",\"eventUrl\":[\"http://x.example/" url "\"]}"

static unsigned told_keys(void)
{
    unsigned count = 0;
    size_t i;
    json_t *fields;

    json_array_foreach (paper.told, i, fields)
        count += json_object_get(fields, "dtmf") != NULL;
    return count;
}

static void test_each_key_is_told(void **state)
{
    static const char *const names[] = {"dtmf",     "from", "to", "uuid", "conversation_uuid",
                                        "timestamp"};
    struct house *house = *state;
    struct dialog *in = caller(house, EACH("k"));
    json_t *fields, *value;
    const char *name;
    int i = 0;

    assert_int_equal(in->answered, 1);
    assert_string_equal(first_call(house)->action->name, "wait"); /* nobody waits for it */
    press(house, paper.port, "5");
    assert_int_equal(told_keys(), 1);
    assert_string_equal(paper.url, "http://x.example/k");
    fields = json_array_get(paper.told, json_array_size(paper.told) - 1);
    json_object_foreach (fields, name, value)
        assert_string_equal(name, names[i++]);
    assert_int_equal(i, 6);
    value = json_object_get(fields, "dtmf");
    assert_string_equal(json_string_value(json_object_get(value, "digits")), "5");
    assert_true(json_is_false(json_object_get(value, "timed_out")));
    press(house, paper.port, "#*");
    assert_int_equal(told_keys(), 3);
    assert_int_equal(asked_count(), 0);
    leave(house, in);
}

static void test_it_keeps_no_call_up(void **state)
{
    struct house *house = *state;
    struct dialog *in = ring_in(house, "[" EACH("k") "]");

    assert_int_not_equal(in->hung_up, 0);
    over(house, in, 200, false);
    mem_unref(in);
}

static void test_nobody_is_told_twice(void **state)
{
    struct house *house = *state;
    struct dialog *in = caller(house, EACH("k") "," EACH("k") "," EACH(
                                          "e") ","
                                               "{\"action\":\"input\",\"mode\":\"asynchronous\"}");
    struct call *call = first_call(house);

    press(house, paper.port, "1");
    assert_int_equal(told_keys(), 2); /* /k, and /e of the application */
    assert_int_equal(call_watch_digits(call, "http://x.example/k", NULL), 0);
    press(house, paper.port, "2");
    assert_int_equal(told_keys(), 4);
    assert_int_equal(call_watch_digits(call, "http://x.example/r", NULL), 0);
    press(house, paper.port, "3");
    assert_int_equal(told_keys(), 7);
    assert_int_equal(call_watch_digits(call, "http://x.example/s", "GET"), 0); /* in its place */
    press(house, paper.port, "4");
    assert_int_equal(told_keys(), 10);
    assert_int_equal(call_watch_digits(call, NULL, NULL), 0);
    press(house, paper.port, "5");
    assert_int_equal(told_keys(), 10);
    leave(house, in);
}

static void test_how_long_keys_are_told(void **state)
{
    struct house *house = *state;
    json_t *ncco = json_loads("[" WAIT "]", 0, NULL);
    struct dialog *in;

    paper.reply = "[" WAIT "]";
    in = ring_in(house, "[" EACH("k") "," DTMF("\"maxDigits\":1") "]");
    assert_int_equal(call_watch_digits(first_call(house), "http://x.example/r", NULL), 0);
    press(house, paper.port, "1"); /* another flow comes */
    assert_int_equal(told_keys(), 2);
    assert_int_equal(asked_count(), 1);
    press(house, paper.port, "2");
    assert_int_equal(told_keys(), 4);
    assert_int_equal(call_transfer(first_call(house), ncco), 0);
    settle(house);
    press(house, paper.port, "3");
    assert_int_equal(told_keys(), 5); /* to REST's alone */
    json_decref(ncco);
    leave(house, in);
}

static void test_nothing_is_set_for_it(void **state)
{
    static const char *const bad[][2] = {
        {"\"dtmf\":{\"maxDigits\":1}", "(input): \"dtmf\" is not allowed"},
        {"\"maxDigits\":1", "(input): \"maxDigits\" is not allowed"},
        {"\"timeOut\":1", "(input): \"timeOut\" is not allowed"},
        {"\"submitOnHash\":false", "(input): \"submitOnHash\" is not allowed"},
        {"\"type\":[\"speech\"]", "(input): \"type\" must be dtmf"},
    };
    char text[200], reason[NCCO_REASON];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        json_t *ncco;

        snprintf(text, sizeof text, "[{\"action\":\"input\",\"mode\":\"asynchronous\",%s}]",
                 bad[i][0]);
        ncco = json_loads(text, 0, NULL);
        assert_false(ncco_check(ncco, reason));
        assert_non_null(strstr(reason, bad[i][1]));
        json_decref(ncco);
    }
}

/* Speech. */

struct scene {
    char folder[64];
    struct recorder *recorder;
};

static void listen_on(struct house *house, struct scene *scene)
{
    strcpy(scene->folder, "/tmp/call_input.XXXXXX");
    assert_non_null(mkdtemp(scene->folder));
    assert_int_equal(recorder_start(&scene->recorder, paper.loop), 0);
    house->calls->recorder = scene->recorder;
    house->calls->recogniser = (struct recogniser *)scene; /* of paper */
    mem_unref(house->calls->recordings);
    house->calls->recordings = mem_strdup(scene->folder);
    script.has_engine = true;
}

static unsigned files(const struct scene *scene)
{
    char command[150];
    unsigned count = 0;
    FILE *pipe;

    snprintf(command, sizeof command, "find %s -type f | wc -l", scene->folder);
    pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_int_equal(fscanf(pipe, "%u", &count), 1);
    pclose(pipe);
    return count;
}

static void listen_off(struct house *house, struct scene *scene)
{
    char command[100];

    settle(house);
    recorder_stop(scene->recorder);
    settle(house);
    snprintf(command, sizeof command, "rm -r %s", scene->folder);
    assert_int_equal(system(command), 0);
}

/* Its file is finished, and the recogniser asked. */
static void wait_asked(unsigned which)
{
    until(script.recognitions == which);
}

static void test_a_caller_who_hangs_up(void **state)
{
    struct house *house = *state;
    struct dialog *in = caller(house, DTMF(""));
    struct scene scene;

    press(house, paper.port, "1");
    leave(house, in);
    pass(house, 10000);
    assert_int_equal(asked_count(), 0);
    listen_on(house, &scene);
    in = caller(house, SPEECH(""));
    leave(house, in);
    pass(house, 10000);
    assert_int_equal(asked_count(), 0);
    listen_off(house, &scene);
}

static void test_without_an_engine(void **state)
{
    struct house *house = *state;
    struct dialog *in = caller(house, SPEECH(""));

    assert_string_equal(asked_text(0), HEARD("\"error\":\"Speech recognition is not configured\""));
    leave(house, in);
    in = caller(house, BOTH("\"maxDigits\":1", ""));
    assert_int_equal(asked_count(), 1);
    press(house, paper.port, "1"); /* keys go on */
    assert_string_equal(asked_text(1),
                        "{\"speech\":{\"error\":\"Speech recognition is not configured\"},"
                        "\"dtmf\":{\"digits\":\"1\",\"timed_out\":false}}");
    leave(house, in);
    in = ring_in(house, "[" TALK_BARGE("q") "," SPEECH("") "," WAIT "]");
    spoken(house, true);
    assert_int_equal(asked_count(), 2); /* the question is heard first */
    played(house, paper.port);
    assert_int_equal(asked_count(), 3);
    leave(house, in);
}

static void test_what_was_said(void **state)
{
    struct house *house = *state;
    struct scene scene;
    struct dialog *in;

    listen_on(house, &scene);
    in = caller(house, SPEECH("\"language\":\"en-GB\",\"context\":[\"yes\",\"no\"],"
                              "\"sensitivity\":20,\"endOnSilence\":1"));
    assert_true(paper.port->watched);
    speak(house, paper.port, true);
    pass(house, 3000);
    speak(house, paper.port, false);
    pass(house, 300); /* of which 600 ms have passed when it is told */
    assert_int_equal(asked_count(), 0);
    assert_true(paper.port->watched);
    pass(house, 200);
    assert_false(paper.port->watched);
    wait_asked(1);
    assert_string_equal(script.spoken, "en-GB");
    assert_string_equal(script.context, "yes");
    assert_int_equal(script.sensitivity, 20);
    assert_int_equal(access(script.path, R_OK), 0);
    assert_int_equal(asked_count(), 0);
    recognised(house, "yes please", NULL);
    assert_string_equal(asked_text(0), HEARD("\"timeout_reason\":\"end_on_silence_timeout\"," YES));
    assert_int_equal(files(&scene), 0);
    leave(house, in);
    listen_off(house, &scene);
}

static void test_who_speaks_already(void **state)
{
    struct house *house = *state;
    struct scene scene;
    struct dialog *in;
    struct leg *leg;

    listen_on(house, &scene);
    in = ring_in(house,
                 "[" TALK("q") "," SPEECH("\"endOnSilence\":0.4,\"startTimeout\":1") "," WAIT "]");
    spoken(house, true);
    leg = first_call(house)->leg;
    leg_watch(leg, LEG_WATCH_EVENTS, true);
    speak(house, paper.port, true);
    played(house, paper.port);
    pass(house, 5000);
    assert_int_equal(asked_count(), 0); /* that was a beginning */
    speak(house, paper.port, false);
    wait_asked(1);
    recognised(house, "yes please", NULL);
    assert_string_equal(asked_text(0), HEARD("\"timeout_reason\":\"end_on_silence_timeout\"," YES));
    assert_true(paper.port->watched);
    leave(house, in);
    listen_off(house, &scene);
}

static void test_a_pause_is_not_the_end(void **state)
{
    struct house *house = *state;
    struct scene scene;
    struct dialog *in;

    listen_on(house, &scene);
    in = caller(house, SPEECH(""));
    speak(house, paper.port, true);
    for (int i = 0; i < 3; i++) {
        speak(house, paper.port, false);
        pass(house, 1300); /* of 2 s, less the 600 ms */
        speak(house, paper.port, true);
    }
    assert_true(paper.port->watched);
    speak(house, paper.port, false);
    pass(house, 1500);
    wait_asked(1);
    assert_string_equal(script.spoken, "en-US");
    assert_int_equal(script.sensitivity, 90);
    recognised(house, NULL, NULL);
    assert_string_equal(asked_text(0),
                        HEARD("\"timeout_reason\":\"end_on_silence_timeout\",\"results\":[]"));
    leave(house, in);
    listen_off(house, &scene);
}

static void test_nobody_begins(void **state)
{
    struct house *house = *state;
    struct scene scene;
    struct dialog *in;

    listen_on(house, &scene);
    in = ring_in(house, "[" TALK_BARGE("q") "," SPEECH("\"startTimeout\":2") "," WAIT "]");
    spoken(house, true);
    pass(house, 30000);
    assert_int_equal(asked_count(), 0);
    played(house, paper.port);
    pass(house, 1900);
    assert_int_equal(asked_count(), 0);
    pass(house, 200);
    assert_string_equal(asked_text(0),
                        HEARD("\"timeout_reason\":\"start_timeout\",\"results\":[]"));
    assert_int_equal(script.recognitions, 0);
    leave(house, in);
    listen_off(house, &scene);
}

static void test_a_long_speech(void **state)
{
    struct house *house = *state;
    struct scene scene;
    struct dialog *in;

    listen_on(house, &scene);
    in = caller(house, SPEECH("\"maxDuration\":5"));
    pass(house, 9000);
    speak(house, paper.port, true);
    pass(house, 4900);
    assert_true(paper.port->watched);
    pass(house, 200);
    wait_asked(1);
    recognised(house, NULL, "Speech recognition is too busy");
    assert_string_equal(asked_text(0), HEARD("\"timeout_reason\":\"max_duration\","
                                             "\"error\":\"Speech recognition is too busy\""));
    leave(house, in);
    listen_off(house, &scene);
}

static void test_a_word_ends_the_prompts(void **state)
{
    struct house *house = *state;
    struct scene scene;
    struct dialog *in;

    listen_on(house, &scene);
    in = ring_in(house, "[" TALK_BARGE("q") "," SPEECH("") "," WAIT "]");
    spoken(house, true);
    assert_int_not_equal(paper.port->play, 0);
    speak(house, paper.port, true);
    assert_int_equal(paper.port->play, 0);
    speak(house, paper.port, false);
    pass(house, 1500);
    wait_asked(1);
    recognised(house, "yes please", NULL);
    assert_string_equal(asked_text(0), HEARD("\"timeout_reason\":\"end_on_silence_timeout\"," YES));
    leave(house, in);
    listen_off(house, &scene);
}

static void test_the_first_of_both(void **state)
{
    struct house *house = *state;
    struct scene scene;
    struct dialog *in;

    listen_on(house, &scene);
    in = caller(house, BOTH("\"maxDigits\":2", ""));
    speak(house, paper.port, true);
    pass(house, 8000); /* no time runs out for keys while somebody speaks */
    assert_int_equal(asked_count(), 0);
    press(house, paper.port, "12");
    assert_string_equal(asked_text(0), KEYS("12", "false"));
    assert_false(paper.port->watched);
    leave(house, in);
    in = caller(house, BOTH("\"timeOut\":10", "\"endOnSilence\":0.4"));
    press(house, paper.port, "1");
    speak(house, paper.port, true);
    speak(house, paper.port, false);
    wait_asked(1);
    press(house, paper.port, "2"); /* too late */
    recognised(house, "yes please", NULL);
    assert_string_equal(asked_text(1),
                        "{\"speech\":{\"timeout_reason\":\"end_on_silence_timeout\"," YES
                        "},\"dtmf\":{\"digits\":\"1\",\"timed_out\":false}}");
    leave(house, in);
    in = caller(house, BOTH("", ""));
    pass(house, 3100);
    assert_string_equal(asked_text(2), KEYS("", "true"));
    leave(house, in);
    in = caller(house, BOTH("\"timeOut\":10", "\"startTimeout\":2"));
    pass(house, 1900);
    press(house, paper.port, "1"); /* nobody need speak any more */
    pass(house, 9900);
    assert_int_equal(asked_count(), 3);
    pass(house, 200);
    assert_string_equal(asked_text(3), KEYS("1", "true"));
    leave(house, in);
    in = caller(house, BOTH("\"timeOut\":10", "\"endOnSilence\":0.4"));
    speak(house, paper.port, true); /* the key itself, in-band */
    press(house, paper.port, "1");
    speak(house, paper.port, false);
    pass(house, 9900);
    assert_int_equal(asked_count(), 4);
    pass(house, 200);
    assert_string_equal(asked_text(4), KEYS("1", "true"));
    leave(house, in);
    in = caller(house, BOTH("\"timeOut\":10", "\"startTimeout\":2"));
    pass(house, 2100);
    assert_string_equal(asked_text(5),
                        "{\"speech\":{\"timeout_reason\":\"start_timeout\",\"results\":[]},"
                        "\"dtmf\":{\"digits\":\"\",\"timed_out\":false}}");
    leave(house, in);
    listen_off(house, &scene);
}

static void test_the_words_of_another_leg(void **state)
{
    struct house *house = *state;
    struct media_port *other;
    struct scene scene;
    struct dialog *agent, *in;
    char action[300];

    listen_on(house, &scene);
    agent = ring_in_as(house, "15550100009", SDP, "[" JOIN("agents") "]");
    other = paper.port;
    snprintf(action, sizeof action, SPEECH("\"uuid\":[\"%s\"]"), leg_id(first_call(house)->leg));
    in = caller(house, action);
    assert_true(other->watched);
    assert_false(paper.port->watched);
    speak(house, other, true);
    over(house, agent, 200, true); /* it leaves: that is all */
    wait_asked(1);
    recognised(house, "yes please", NULL);
    assert_string_equal(asked_text(0), HEARD("\"timeout_reason\":\"end_on_silence_timeout\"," YES));
    leave(house, in);
    in = caller(house, action);
    assert_string_equal(asked_text(1), HEARD("\"error\":\"The leg to listen to is not there\""));
    leave(house, in);
    mem_unref(agent);
    listen_off(house, &scene);
}

/* However much goes on there since. */
static void test_the_words_of_a_leg_with_many_prompts(void **state)
{
    struct house *house = *state;
    char ncco[8000] = "[{\"action\":\"input\",\"mode\":\"asynchronous\"},"
                      "{\"action\":\"wait\",\"timeout\":1}",
         action[300];
    struct media_port *other;
    struct scene scene;
    struct dialog *agent, *in;

    for (int i = 0; i < 100; i++)
        strcat(ncco, "," TALK_BARGE("a"));
    listen_on(house, &scene);
    agent = ring_in_as(house, "15550100009", SDP, strcat(ncco, "," WAIT "]"));
    other = paper.port;
    snprintf(action, sizeof action, SPEECH("\"uuid\":[\"%s\"]"), leg_id(first_call(house)->leg));
    in = caller(house, action);
    pass(house, 1001);
    speak(house, other, true);
    over(house, agent, 200, true);
    wait_asked(1);
    recognised(house, "yes please", NULL);
    assert_string_equal(asked_text(0), HEARD("\"timeout_reason\":\"end_on_silence_timeout\"," YES));
    leave(house, in);
    mem_unref(agent);
    listen_off(house, &scene);
}

static void test_it_is_abandoned(void **state)
{
    struct house *house = *state;
    json_t *ncco = json_loads("[" WAIT "]", 0, NULL);
    struct scene scene;
    struct dialog *in;

    listen_on(house, &scene);
    in = caller(house, SPEECH(""));
    speak(house, paper.port, true);
    assert_int_equal(call_transfer(first_call(house), ncco), 0);
    settle(house);
    assert_false(paper.port->watched);
    leave(house, in);
    in = caller(house, SPEECH("\"endOnSilence\":0.4"));
    speak(house, paper.port, true);
    speak(house, paper.port, false);
    wait_asked(1);
    leave(house, in); /* while it is recognised */
    assert_int_equal(access(script.path, R_OK), 0);
    recognised(house, "yes please", NULL);
    assert_int_equal(asked_count(), 0);
    until(files(&scene) == 0);
    json_decref(ncco);
    listen_off(house, &scene);
}

static void test_the_file_is_kept(void **state)
{
    struct house *house = *state;
    struct scene scene;
    struct dialog *in;
    json_t *told;
    const char *url;
    char path[300];

    listen_on(house, &scene);
    assert_int_equal(audio_origin(house->bridge, "https://a.example"), 0);
    in = caller(house, SPEECH("\"saveAudio\":true,\"endOnSilence\":0.4"));
    speak(house, paper.port, true);
    speak(house, paper.port, false);
    wait_asked(1);
    recognised(house, "yes please", NULL);
    told = json_object_get(json_object_get(json_array_get(paper.asked, 0), "fields"), "speech");
    url = json_string_value(json_object_get(told, "recording_url"));
    assert_non_null(url);
    assert_ptr_equal(strstr(url, "https://a.example/v1/files/"), url);
    assert_non_null(strstr(script.path, strrchr(url, '/')));
    snprintf(path, sizeof path, "%s/" APP "%s.wav", scene.folder, strrchr(url, '/'));
    assert_int_equal(access(path, R_OK), 0);
    assert_int_equal(files(&scene), 1);
    leave(house, in);
    script.has_engine = false; /* it is kept without one, too */
    in = caller(house, SPEECH("\"saveAudio\":true,\"endOnSilence\":0.4"));
    assert_int_equal(asked_count(), 1);
    speak(house, paper.port, true);
    speak(house, paper.port, false);
    until(asked_count() == 2);
    assert_int_equal(files(&scene), 2);
    leave(house, in);
    listen_off(house, &scene);
}

/* One is being listened to, and one was when the last run was killed. */
static void test_what_a_crash_leaves_goes(void **state)
{
    struct house *house = *state;
    char path[300], part[310];
    struct scene scene;
    struct dialog *in;
    FILE *left;

    listen_on(house, &scene);
    utterances_drop(scene.folder); /* there is no folder yet */
    in = caller(house, SPEECH("\"saveAudio\":true,\"endOnSilence\":0.4"));
    speak(house, paper.port, true);
    speak(house, paper.port, false);
    wait_asked(1);
    recognised(house, "yes please", NULL);
    leave(house, in);
    assert_int_equal(files(&scene), 1);
    snprintf(path, sizeof path, "%s/.speech/5f0ac0f3-6b1c-4b8a-9a43-2d9c1f7f3e11.wav",
             scene.folder);
    snprintf(part, sizeof part, "%s.part", path);
    left = fopen(path, "w");
    assert_non_null(left);
    fclose(left);
    left = fopen(part, "w");
    assert_non_null(left);
    fclose(left);
    assert_int_equal(calls_recover(house->calls), 0);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(access(part, F_OK), -1);
    assert_int_equal(files(&scene), 1); /* what was told of */
    listen_off(house, &scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRIPT(test_how_keys_end_it),
        SCRIPT(test_how_time_ends_it),
        SCRIPT(test_older_names),
        SCRIPT(test_each_key_gives_more_time),
        SCRIPT(test_no_time_at_all),
        SCRIPT(test_its_fields_come_in_order),
        SCRIPT(test_whom_it_asks),
        SCRIPT(test_what_is_replied),
        SCRIPT(test_keys_while_it_is_asked_are_lost),
        SCRIPT(test_a_caller_who_hangs_up),
        SCRIPT(test_each_key_is_told),
        SCRIPT(test_it_keeps_no_call_up),
        SCRIPT(test_nobody_is_told_twice),
        SCRIPT(test_how_long_keys_are_told),
        SCRIPT(test_nothing_is_set_for_it),
        SCRIPT(test_without_an_engine),
        SCRIPT(test_what_was_said),
        SCRIPT(test_who_speaks_already),
        SCRIPT(test_a_pause_is_not_the_end),
        SCRIPT(test_nobody_begins),
        SCRIPT(test_a_long_speech),
        SCRIPT(test_a_word_ends_the_prompts),
        SCRIPT(test_the_first_of_both),
        SCRIPT(test_the_words_of_another_leg),
        SCRIPT(test_the_words_of_a_leg_with_many_prompts),
        SCRIPT(test_it_is_abandoned),
        SCRIPT(test_the_file_is_kept),
        SCRIPT(test_what_a_crash_leaves_goes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
