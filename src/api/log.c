/* log.c: the log of an application, page by page. */
#include "api/log.h"
#include "api/private.h"
#include "base/mem.h"

#include <errno.h>

struct api_log {
    struct api *api; /* borrowed */
};

int api_log_alloc(struct api_log **log, struct api *api)
{
    *log = mem_alloc(sizeof **log, NULL);
    if (*log)
        (*log)->api = api;
    return *log ? 0 : ENOMEM;
}

void api_log_stop(struct api_log *log)
{
    log->api = NULL;
}

void api_log_event(struct api_log *log, const struct bridge_event *event)
{
    (void)log;
    (void)event;
}

void api_log_application(struct api_log *log, const char *application_id)
{
    (void)log;
    (void)application_id;
}

unsigned api_log_streams(const struct api_log *log)
{
    (void)log;
    return 0;
}

const struct api_route routes_log[] = {{.method = NULL}};
