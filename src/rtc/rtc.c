/* rtc.c: an event becomes a webhook: its envelope, and who gets it. */
#include "rtc/rtc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

enum { RTC_MAGIC = 0x72746331 };

struct rtc {
    unsigned magic; /* control thread */
    struct bridge *bridge;
    struct webhook *webhook;
};

bool rtc_mask_has(const char *mask, const char *type)
{
    static const char separators[] = ", ";

    if (!mask || !*mask)
        return true;
    for (mask += strspn(mask, separators); *mask; mask += strspn(mask, separators)) {
        size_t length = strcspn(mask, separators);
        bool begins = mask[length - 1] == '*';

        if (begins ? !strncmp(mask, type, length - 1)
                   : strlen(type) == length && !strncmp(mask, type, length))
            return true;
        mask += length;
    }
    return false;
}

static json_t *sender(const struct member *member)
{
    json_t *user = user_row(member_user(member)), *from;
    json_t *display_name = json_object_get(user, "display_name");

    from = json_pack("{s:{s:s,s:s},s:{s:s}}", "from_user", "id", member_user_id(member), "name",
                     member_user_name(member), "from_member", "id", member_id(member));
    if (display_name)
        json_object_set(json_object_get(from, "from_user"), "display_name", display_name);
    json_decref(user);
    return from;
}

json_t *rtc_envelope(const struct bridge_event *event)
{
    char at[CLOCK_ISO];
    json_t *fields = json_pack("{s:s,s:s}", "type", event->type, "application_id",
                               application_id(event->application));

    clock_iso(at, event->at);
    if (*event->conversation_id)
        json_object_set_new(fields, "conversation_id", json_string(event->conversation_id));
    if (event->id)
        json_object_set_new(fields, "id", json_integer(event->id));
    if (*event->from)
        json_object_set_new(fields, "from", json_string(event->from));
    if (*event->to)
        json_object_set_new(fields, "to", json_string(event->to));
    json_object_set_new(fields, "timestamp", json_string(at));
    json_object_set(fields, "body", event->body);
    if (event->member)
        json_object_set_new(fields, "_embedded", sender(event->member));
    return fields;
}

static void emit(const struct rtc *rtc, const struct bridge_event *event,
                 struct webhook_event *webhook)
{
    int err;

    webhook->application = application_id(event->application);
    webhook->lane = *event->conversation_id ? event->conversation_id : event->from;
    if (!webhook->fields)
        webhook->fields = rtc_envelope(event);
    err = webhook->fields ? webhook_emit(rtc->webhook, webhook) : ENOMEM;
    if (err)
        log_error("rtc", "webhook lost conversation=%s type=%s: %s", event->conversation_id,
                  event->type, strerror(err));
}

static const char *text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static void on_event(const struct bridge_event *event, void *arg)
{
    const struct rtc *rtc = arg;
    const struct conf_application *conf = application_conf(event->application);
    const json_t *callback =
        event->conversation ? conversation_callback(event->conversation) : NULL;
    const char *url = text(callback, "url"), *method = text(callback, "method");
    struct webhook_event webhook = {0};

    MAGIC_CHECK(rtc, RTC_MAGIC);
    if (conf && conf->rtc.event_url && *conf->rtc.event_url) {
        webhook.url = conf->rtc.event_url;
        webhook.method = conf->rtc.event_method ? conf->rtc.event_method : "POST";
        webhook.trusted = application_is_configured(event->application);
        webhook.is_signed = conf->rtc.is_signed;
        webhook.connect_timeout = conf->rtc.event_wait.connect;
        webhook.timeout = conf->rtc.event_wait.reply;
        emit(rtc, event, &webhook);
    }
    if (url && rtc_mask_has(text(callback, "event_mask"), event->type)) {
        webhook.url = url;
        webhook.method = method ? method : "POST";
        webhook.trusted = false; /* whoever made the conversation chose it */
        webhook.connect_timeout = webhook.timeout = 0;
        webhook.is_signed = conf && conf->rtc.is_signed;
        emit(rtc, event, &webhook);
    }
    json_decref(webhook.fields);
}

int rtc_start(struct rtc **rtcp, struct bridge *bridge, struct webhook *webhook)
{
    struct rtc *rtc = mem_alloc(sizeof *rtc, NULL);
    struct bridge_watch watch = {.event = on_event, .arg = rtc};
    int err;

    if (!rtc)
        return ENOMEM;
    rtc->magic = RTC_MAGIC;
    rtc->bridge = bridge;
    rtc->webhook = webhook;
    err = bridge_watch(bridge, &watch);
    if (err)
        mem_unref(rtc);
    else
        *rtcp = rtc;
    return err;
}

void rtc_stop(struct rtc *rtc)
{
    MAGIC_CHECK(rtc, RTC_MAGIC);
    bridge_unwatch(rtc->bridge, rtc);
    rtc->magic = 0;
    mem_unref(rtc);
}
