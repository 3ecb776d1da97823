/* dead.h: dead letters: webhooks that were given up. */
#ifndef OFFHOOK_API_DEAD_H
#define OFFHOOK_API_DEAD_H

#include "api/private.h"

/* dead.c */
bool dead_list_check(struct api_request *request);
void dead_list(struct api_request *request);
void dead_get(struct api_request *request);
void dead_delete(struct api_request *request);
void dead_replay(struct api_request *request);
void dead_give_up(struct api_request *request);

#endif
