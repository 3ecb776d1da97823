/* coder.h: what is encoded once for many. Private to src/worker. */
#ifndef OFFHOOK_WORKER_CODER_H
#define OFFHOOK_WORKER_CODER_H

#include <stdbool.h>

struct media_room;
struct port;

/* Media worker. What changes in a room may change what is encoded once; keep: after each tick.
 * give: whether the port gets this tick what is encoded for all; then send. */
void coder_survey(struct media_room *room);
void coder_drop(struct media_room *room);
void coder_keep(struct media_room *room);
bool coder_give(struct port *port);
bool coder_send(struct port *port);

#endif
