/* users.h: the handlers of users; for their table. check on the HTTP thread, the rest on
 * control. */
#ifndef OFFHOOK_API_USERS_H
#define OFFHOOK_API_USERS_H

#include "api/people.h"

bool users_body_check(struct api_request *request);
void users_list(struct api_request *request);
void users_get(struct api_request *request);
void users_create(struct api_request *request);
void users_update(struct api_request *request);
void users_delete(struct api_request *request);
void users_conversations(struct api_request *request);
void users_sessions(struct api_request *request);

#endif
