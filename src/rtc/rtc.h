/* rtc.h: the events of conversations, told to the application: to the event_url of its rtc
 * capability, and to the callback of the conversation. One lane a conversation keeps their
 * order; what is stored becomes durable together with its webhooks. Control thread. */
#ifndef OFFHOOK_RTC_RTC_H
#define OFFHOOK_RTC_RTC_H

#include "conversation/conversation.h"
#include "webhook/webhook.h"

struct rtc;

/* Watches the bridge from here on, until rtc_stop(). */
int rtc_start(struct rtc **rtc, struct bridge *bridge, struct webhook *webhook);
void rtc_stop(struct rtc *rtc);

/* Does the mask of a callback let the type through? Types or beginnings of them with a
 * trailing *, separated by commas or spaces; NULL or "": all. */
bool rtc_mask_has(const char *mask, const char *type);

/* The envelope of an event as webhooks carry it; new reference. */
json_t *rtc_envelope(const struct bridge_event *event);

#endif
