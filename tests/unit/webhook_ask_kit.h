/* webhook_ask_kit.h: asking for an NCCO and waiting for what comes. */
#ifndef OFFHOOK_TESTS_WEBHOOK_ASK_KIT_H
#define OFFHOOK_TESTS_WEBHOOK_ASK_KIT_H

#include "webhook_kit.h"

struct answer {
    bool came;
    json_t *ncco;
    char reason[512];
    bool has_reason;
};

static inline void kit_take(json_t *ncco, const char *reason, void *arg)
{
    struct answer *answer = arg;

    assert_false(answer->came);
    answer->came = true;
    answer->ncco = ncco;
    answer->has_reason = reason != NULL;
    snprintf(answer->reason, sizeof answer->reason, "%s", reason ? reason : "");
}

static inline struct webhook_question kit_question(char url[128], const struct server *server)
{
    snprintf(url, 128, "http://127.0.0.1:%u/answer", server->port);
    return (struct webhook_question){.type = "answer",
                                     .url = url,
                                     .trusted = true,
                                     .fallback_trusted = true,
                                     .connect_timeout = 5000,
                                     .timeout = 20000};
}

/* Asks and waits. The fields are to and from. */
static inline struct answer kit_ask(struct kit *kit, struct webhook_question question)
{
    struct answer answer = {0};

    question.fields = json_pack("{s:s, s:s}", "to", "+1 555", "from", "Unknown");
    assert_int_equal(webhook_ask(kit->webhook, &question, kit_take, &answer), 0);
    json_decref(question.fields);
    assert_false(answer.came);
    KIT_UNTIL(kit, answer.came);
    return answer;
}

static const struct canned kit_talk[] = {{200, "application/json", "[{\"action\":\"talk\"}]"}};

#endif
