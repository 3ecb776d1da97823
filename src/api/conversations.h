/* conversations.h: the handlers of conversations; for their table. Control thread. */
#ifndef OFFHOOK_API_CONVERSATIONS_H
#define OFFHOOK_API_CONVERSATIONS_H

#include "api/people.h"

void conversations_list(struct api_request *request);
void conversations_get(struct api_request *request);
void conversations_create(struct api_request *request);
void conversations_update(struct api_request *request);
void conversations_delete(struct api_request *request);

/* A conversation among those of a user. */
extern const struct shape conversations_of_user_item[];

#endif
