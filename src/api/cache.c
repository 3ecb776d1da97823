/* cache.c: two hashes of the same replies: by all that they are of, and by conversation. */
#include "api/cache.h"
#include "base/list.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

enum { STRIPES = 4096 };

struct entry {
    struct UT_hash_handle hh;
    struct list node;    /* of its conversation */
    struct list age;     /* cache's, the oldest first */
    struct place *place; /* borrowed */
    char *key;           /* mem */
    char *text;          /* mem */
};

/* A conversation with replies. */
struct place {
    struct UT_hash_handle hh;
    char *conversation; /* mem */
    struct list entries;
};

struct api_cache {
    pthread_mutex_t lock; /* of all below */
    struct entry *entries;
    struct place *places;
    struct list ages;
    size_t count, limit;
    uint64_t changes[STRIPES];
};

struct api_ticket {
    char *conversation, *key; /* mem */
    uint64_t changes;
};

static uint64_t *stripe(struct api_cache *cache, const char *conversation)
{
    uint32_t hash = 2166136261u; /* FNV-1a */

    for (; *conversation; conversation++)
        hash = (hash ^ (unsigned char)*conversation) * 16777619u;
    return &cache->changes[hash % STRIPES];
}

static void drop_empty(struct api_cache *cache, struct place *place)
{
    if (!list_empty(&place->entries))
        return;
    HASH_DELETE(hh, cache->places, place);
    mem_unref(place->conversation);
    mem_unref(place);
}

static void free_entry(struct entry *entry)
{
    mem_unref(entry->key);
    mem_unref(entry->text);
    mem_unref(entry);
}

static void drop_entry(struct api_cache *cache, struct entry *entry)
{
    struct place *place = entry->place;

    HASH_DELETE(hh, cache->entries, entry);
    list_remove(&entry->node);
    list_remove(&entry->age);
    cache->count--;
    free_entry(entry);
    drop_empty(cache, place);
}

static void drop_oldest(struct api_cache *cache)
{
    drop_entry(cache, list_entry(list_first(&cache->ages), struct entry, age));
}

static void destroy(void *obj)
{
    struct api_cache *cache = obj;

    while (cache->count)
        drop_oldest(cache);
    pthread_mutex_destroy(&cache->lock);
}

int api_cache_alloc(struct api_cache **cachep, size_t limit)
{
    struct api_cache *cache = mem_alloc(sizeof *cache, destroy);

    if (!cache)
        return ENOMEM;
    pthread_mutex_init(&cache->lock, NULL);
    list_init(&cache->ages);
    cache->limit = limit;
    *cachep = cache;
    return 0;
}

static char *key_of(const char *application, const char *conversation, const char *origin,
                    const char *path)
{
    return mem_printf("%s %s %s %s", application, conversation, origin, path);
}

const char *api_cache_find(struct api_cache *cache, const char *application,
                           const char *conversation, const char *origin, const char *path)
{
    char *key = key_of(application, conversation, origin, path), *text = NULL;
    struct entry *entry;

    if (!key)
        return NULL;
    pthread_mutex_lock(&cache->lock);
    HASH_FIND_STR(cache->entries, key, entry);
    if (entry)
        text = mem_ref(entry->text);
    pthread_mutex_unlock(&cache->lock);
    mem_unref(key);
    return text;
}

static void destroy_ticket(void *obj)
{
    struct api_ticket *ticket = obj;

    mem_unref(ticket->conversation);
    mem_unref(ticket->key);
}

struct api_ticket *api_cache_ticket(struct api_cache *cache, const char *application,
                                    const char *conversation, const char *origin, const char *path)
{
    struct api_ticket *ticket = mem_alloc(sizeof *ticket, destroy_ticket);

    if (!ticket)
        return NULL;
    ticket->conversation = mem_strdup(conversation);
    ticket->key = key_of(application, conversation, origin, path);
    if (!ticket->conversation || !ticket->key)
        return mem_unref(ticket);
    pthread_mutex_lock(&cache->lock);
    ticket->changes = *stripe(cache, conversation);
    pthread_mutex_unlock(&cache->lock);
    return ticket;
}

static struct place *place_of(struct api_cache *cache, const char *conversation)
{
    struct place *place;

    HASH_FIND_STR(cache->places, conversation, place);
    if (place)
        return place;
    place = mem_alloc(sizeof *place, NULL);
    if (!place)
        return NULL;
    place->conversation = mem_strdup(conversation);
    if (!place->conversation)
        return mem_unref(place);
    list_init(&place->entries);
    HASH_ADD_KEYPTR(hh, cache->places, place->conversation, strlen(place->conversation), place);
    if (place->hh.tbl)
        return place;
    mem_unref(place->conversation);
    return mem_unref(place);
}

static void add_entry(struct api_cache *cache, const struct api_ticket *ticket, char *text)
{
    struct entry *entry = mem_alloc(sizeof *entry, NULL);
    struct place *place = entry ? place_of(cache, ticket->conversation) : NULL;

    if (!place) {
        mem_unref(entry);
        mem_unref(text);
        return;
    }
    entry->place = place;
    entry->key = mem_ref(ticket->key);
    entry->text = text;
    HASH_ADD_KEYPTR(hh, cache->entries, entry->key, strlen(entry->key), entry);
    if (!entry->hh.tbl) {
        free_entry(entry);
        drop_empty(cache, place);
        return;
    }
    list_append(&place->entries, &entry->node);
    list_append(&cache->ages, &entry->age);
    cache->count++;
}

void api_cache_fill(struct api_cache *cache, const struct api_ticket *ticket, const char *text)
{
    char *copy = strlen(text) <= CACHE_TEXT ? mem_strdup(text) : NULL;
    struct entry *entry;

    if (!copy)
        return;
    pthread_mutex_lock(&cache->lock);
    if (*stripe(cache, ticket->conversation) != ticket->changes) {
        mem_unref(copy);
    } else {
        HASH_FIND_STR(cache->entries, ticket->key, entry);
        if (entry)
            drop_entry(cache, entry);
        while (cache->count && cache->count >= cache->limit)
            drop_oldest(cache);
        add_entry(cache, ticket, copy);
    }
    pthread_mutex_unlock(&cache->lock);
}

void api_cache_changed(struct api_cache *cache, const char *conversation)
{
    struct place *place;
    size_t left;

    pthread_mutex_lock(&cache->lock);
    ++*stripe(cache, conversation);
    HASH_FIND_STR(cache->places, conversation, place);
    if (place) {
        left = 0;
        list_each (node, &place->entries)
            left++;
        while (left--) /* the place goes with its last one */
            drop_entry(cache, list_entry(list_first(&place->entries), struct entry, node));
    }
    pthread_mutex_unlock(&cache->lock);
}

size_t api_cache_count(struct api_cache *cache)
{
    size_t count;

    pthread_mutex_lock(&cache->lock);
    count = cache->count;
    pthread_mutex_unlock(&cache->lock);
    return count;
}
