/* legs.h: legs and calls as what sound is done to, inside. */
#ifndef OFFHOOK_API_LEGS_H
#define OFFHOOK_API_LEGS_H

#include "api/events.h"

/* legs.c: lists, one, its end. */
bool legs_list_check(struct api_request *request);
void legs_list(struct api_request *request);
void legs_get(struct api_request *request);
void legs_delete(struct api_request *request);
/* The member of the leg (or call) that the path names, while it is up. NULL: it refused, or
 * will when the store has said whether one of that name has ended. */
struct member *legs_find(struct api_request *request);

/* legs_steer.c: PUT /legs/{id}. legs_create.c: POST /legs. */
extern const struct shape legs_steer_body[], legs_create_body[];
void legs_steer(struct api_request *request);
bool legs_create_check(struct api_request *request);
void legs_create(struct api_request *request);

/* sound.c: stream, talk, dtmf and recording of a leg, a call or a conversation. The last
 * word of the route's path says which. */
bool sound_check(struct api_request *request);
void sound_start(struct api_request *request); /* of a leg or call */
void sound_stop(struct api_request *request);
void sound_start_all(struct api_request *request); /* of a conversation */
void sound_stop_all(struct api_request *request);

/* calls_media.c: a call's digits are told to a URL. */
void calls_digits_start(struct api_request *request);
void calls_digits_stop(struct api_request *request);

/* calls_quality.c: how the sound of a call is, or was. */
extern const struct shape calls_quality_reply[];
void calls_quality(struct api_request *request);

/* conversation_media.c */
bool conversation_record_check(struct api_request *request);
void conversation_record(struct api_request *request);

/* files.c: GET /v1/files/{id}, on the HTTP thread. */
bool files_check(struct api_request *request);

#endif
