/* log.h: GET /v1/events: all events of an application in the order they were committed,
 * page by page, or as a live stream. Control thread. */
#ifndef OFFHOOK_API_LOG_H
#define OFFHOOK_API_LOG_H

#include "conversation/conversation.h"

struct api;
struct api_log;

enum { LOG_STREAMS = 1000, LOG_HEARTBEAT_MS = 15000, LOG_RETRY_MS = 2000 };

int api_log_alloc(struct api_log **log, struct api *api);
/* Ends the streams. What comes back for them later only lets go. */
void api_log_stop(struct api_log *log);
/* An event was written, within store_together(): streams look when it is durable. */
void api_log_event(struct api_log *log, const struct bridge_event *event);
/* An application changed or is gone: its streams end. */
void api_log_application(struct api_log *log, const char *application_id);
unsigned api_log_streams(const struct api_log *log);

#endif
