/* call_dial.h: a caller whose connect dials a callee, for the tests of connect. */
#ifndef OFFHOOK_TESTS_CALL_DIAL_H
#define OFFHOOK_TESTS_CALL_DIAL_H

#include "call_paper.h"

#include "ncco/private.h"

#define PHONE(more) "[{\"type\":\"phone\",\"number\":\"15550100003\"" more "}]"
#define DIAL(more) "{\"action\":\"connect\",\"endpoint\":" PHONE("") more "}"
#define TAIL "{\"action\":\"stream\",\"streamUrl\":[\"http://x.example/tail.wav\"]}"

static inline int set_up_sound(void **state)
{
    int err = set_up(state);

    if (!err)
        play_on(*state);
    return err;
}

#define DIALS(test) cmocka_unit_test_setup_teardown(test, set_up_sound, tear_down)

/* A caller, whose connect dials. */
static struct scene {
    struct dialog *in, *out;
    struct media_port *caller, *callee;
} scene;

static inline void begin(struct house *house, const char *ncco)
{
    unsigned before = paper.dialled_count;
    struct media_port *last;

    scene.in = ring_in(house, ncco);
    last = paper.port;
    assert_int_equal(paper.dialled_count, before + 1);
    scene.out = paper.dialled[before];
    scene.callee = last;
    assert_true(paper.port_count >= 2);
    scene.caller = paper.ports[paper.port_count - 2];
}

static inline void progress(struct house *house, int status, const char *sdp)
{
    scene.out->handlers->progress(status, sdp, "a", scene.out->arg);
    settle(house);
}

static inline void hang_up(struct house *house, struct dialog *dialog)
{
    over(house, dialog, 200, true);
}

static inline void end(struct house *house)
{
    if (scene.out && !scene.out->over)
        hang_up(house, scene.out);
    if (!scene.in->over)
        hang_up(house, scene.in);
    mem_unref(scene.in);
}

static inline const char *error(unsigned which)
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

static inline void assert_error(unsigned which, const char *begins)
{
    if (strncmp(error(which), begins, strlen(begins)) != 0)
        fail_msg("\"%s\" does not begin with \"%s\"", error(which), begins);
}

#endif
