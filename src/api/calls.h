/* calls.h: the Voice API's calls, for calls_*.c only. */
#ifndef OFFHOOK_API_CALLS_H
#define OFFHOOK_API_CALLS_H

#include "api/private.h"

extern const struct shape calls_create_body[], calls_create_reply[], calls_list_query[],
    calls_list_reply[], calls_get_reply[], calls_steer_body[];

/* HTTP thread. */
bool calls_create_check(struct api_request *request);
bool calls_list_check(struct api_request *request);
bool calls_steer_check(struct api_request *request);
/* Control. */
void calls_create(struct api_request *request);
void calls_list(struct api_request *request);
void calls_get(struct api_request *request);
void calls_steer(struct api_request *request);

#endif
