/* cache.h: replies to GET of a conversation that are ready to be sent, so that the HTTP
 * thread answers without control.
 *
 * Nothing older than a reply that was already given is ever seen:
 *
 *   - A reply is filled in by control, when what it says is durable (after the fence), so
 *     nothing shown out of the cache can be lost.
 *   - Control tells of each change before the change can be seen by anyone (no reply, event
 *     or webhook of it has left yet): at that moment the replies go. Who asks after any sign
 *     of the change finds nothing here and is answered by control.
 *   - Between the reading of the conversation and the fence it may change: the reply at hand
 *     is old when it is filled in, and nobody would tell again. So who reads takes a ticket
 *     with the number of changes seen until then, and a fill with an old ticket is dropped.
 *     Changes are counted in STRIPES counters by a hash of the id: two conversations may share
 *     one, which only drops a fill too many.
 *   - Fences come back in order, so the one who read earlier fills earlier: of two valid
 *     tickets with no change between them the texts are the same anyway.
 *   - The HTTP thread copies the text under the lock. A reply it sends after a change was told
 *     belongs to a request that was open when the change was made: it may be answered with what
 *     was before.
 *
 * Bounded: beyond `limit` replies the one that was filled in first goes. Any thread. */
#ifndef OFFHOOK_API_CACHE_H
#define OFFHOOK_API_CACHE_H

#include <stddef.h>

enum { CACHE_REPLIES = 4096, CACHE_TEXT = 64 << 10 /* [bytes]; longer ones are not kept */ };

struct api_cache;
struct api_ticket;

int api_cache_alloc(struct api_cache **cache, size_t limit);
/* The text (mem, a reference; read-only) for these, or NULL. place: origin and path. */
const char *api_cache_find(struct api_cache *cache, const char *application,
                           const char *conversation, const char *origin, const char *path);
/* Before the conversation is read. mem; NULL: out of memory, the reply is not kept. */
struct api_ticket *api_cache_ticket(struct api_cache *cache, const char *application,
                                    const char *conversation, const char *origin, const char *path);
/* Copies the text, unless the conversation changed since. */
void api_cache_fill(struct api_cache *cache, const struct api_ticket *ticket, const char *text);
void api_cache_changed(struct api_cache *cache, const char *conversation);
size_t api_cache_count(struct api_cache *cache);

#endif
