/* members.h: the handlers of members; for their table. */
#ifndef OFFHOOK_API_MEMBERS_H
#define OFFHOOK_API_MEMBERS_H

#include "api/people.h"

/* HTTP thread. */
bool members_add_check(struct api_request *request);
bool members_change_check(struct api_request *request);

/* Control. */
void members_list(struct api_request *request);
void members_get(struct api_request *request);
void members_me(struct api_request *request);
void members_add(struct api_request *request);
void members_change(struct api_request *request); /* PUT, PATCH */
void members_delete(struct api_request *request);

/* members_read.c: answers for the member ids[1] that is not alive: one that has left is shown,
 * or cannot be changed. */
void members_ask_row(struct api_request *request);

/* members_change.c: errno of the conversation's and the call's verbs as an error of the API. */
void members_refuse(struct api_request *request, int err, const char *detail);
/* The member that acts: `from` or `member_id_inviting` of the body, `from` of the query. False:
 * it refused; NULL: none is named. */
bool members_from(struct api_request *request, struct conversation *conversation,
                  struct member **from);
/* Who acts, as `initiator` tells. False: it refused. */
bool members_initiator(struct api_request *request, struct conversation *conversation,
                       struct initiator *initiator);
void members_answer(struct api_request *request, const struct member *member);
/* What the channel says of who hears whom; false: nothing. */
bool members_rules(const json_t *channel, struct member_rules *rules);

#endif
