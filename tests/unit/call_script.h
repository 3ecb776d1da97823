/* call_script.h: what a flow's own actions need beside call_paper.h: speech and a recogniser of
 * paper, and time that is the test's. */
#ifndef OFFHOOK_TESTS_CALL_SCRIPT_H
#define OFFHOOK_TESTS_CALL_SCRIPT_H

#include "call_paper.h"
#include "ncco/private.h"

#define URL "http://x.example/a.wav"
#define TALK(text) "{\"action\":\"talk\",\"text\":\"" text "\"}"
#define TALK_BARGE(text) "{\"action\":\"talk\",\"text\":\"" text "\",\"bargeIn\":true}"
#define INPUT "{\"action\":\"input\",\"type\":[\"dtmf\"]}"
#define WAIT "{\"action\":\"wait\",\"timeout\":60}"
#define NOTIFY                                                       \
    "{\"action\":\"notify\",\"payload\":{\"k\":\"v\"},\"eventUrl\":" \
    "[\"http://x.example/n\"]}"

extern struct script {
    /* speech */
    char text[200], language[40], voice[100];
    unsigned style, texts; /* how many were asked for */
    bool ssml;
    unsigned full; /* so many are refused: EAGAIN */
    /* recogniser */
    bool has_engine;
    unsigned recognitions;
    char path[300], spoken[40], leg[64], context[100];
    unsigned sensitivity;
} script;

int script_up(void **state); /* and sounds are played */
int script_down(void **state);

/* Lets time pass. */
void pass(struct house *house, int64_t ms);
/* The text that was asked for last is spoken; or cannot be. */
void spoken(struct house *house, bool works);
/* What plays at the port has ended. */
void played(struct house *house, struct media_port *port);
void press(struct house *house, struct media_port *port, const char *digits);
void speak(struct house *house, struct media_port *port, bool on);
/* The recogniser says this; NULL: error. */
void recognised(struct house *house, const char *text, const char *error);

/* "talk: …": the n-th question for a reply, its fields without ids and times as text. */
const char *asked_text(unsigned which);
const char *asked_url(unsigned which);
unsigned asked_count(void);
/* How many webhooks have a reason that begins so. */
unsigned told_errors(const char *begin);
/* "audio:say, audio:say:done": the audio events of a conversation. */
const char *acts(struct house *house, const char *conversation);
/* Of the first call. */
const char *first_conversation(void);
struct call *first_call(struct house *house);

#define SCRIPT(test) cmocka_unit_test_setup_teardown(test, script_up, script_down)

#endif
