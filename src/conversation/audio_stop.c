/* audio_stop.c: acts that are stopped, or asked for, by their kind or their id. */
#include "conversation/audio_private.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>

struct search {
    const struct act_kind *kind;
    const struct audio_target *target;
    const char *id;      /* NULL: any */
    struct part **parts; /* with our references */
    unsigned count;
    bool failed;
};

static void search_add(struct search *search, struct part *part)
{
    struct part **parts = realloc(search->parts, (search->count + 1) * sizeof(struct part *));

    if (!parts) {
        search->failed = true;
        return;
    }
    search->parts = parts;
    parts[search->count++] = mem_ref(part);
}

static bool search_member(struct member *member, void *arg)
{
    struct search *search = arg;
    const struct ear *ear =
        member->leg ? ear_find(member->conversation->bridge->audio, member->leg) : NULL;

    if (!ear)
        return false;
    list_each (node, &ear->parts) {
        struct part *part = list_entry(node, struct part, ear_node);

        if (part->act->kind == search->kind && (!search->id || !strcmp(part->act->id, search->id)))
            search_add(search, part);
    }
    return false;
}

static void search_all(struct search *search)
{
    if (search->target->to)
        search_member(search->target->to, search);
    else
        conversation_each(search->target->conversation, search_member, search);
}

static void search_end(struct search *search, bool stop)
{
    for (unsigned i = 0; i < search->count; i++) {
        if (stop && search->parts[i]->ear)
            part_stop(search->parts[i]);
        mem_unref(search->parts[i]);
    }
    free(search->parts);
}

int act_stop(const struct act_kind *kind, const struct audio_target *target, const char *id,
             int64_t *event)
{
    struct search search = {.kind = kind, .target = target, .id = id};
    int err = 0;

    *event = 0;
    search_all(&search);
    if (search.failed)
        err = ENOMEM;
    else if (!search.count)
        err = ENOENT;
    if (!err) {
        *event = audio_event(target, kind->stop,
                             kind->id ? json_pack("{s:s}", kind->id, search.parts[0]->act->id)
                                      : json_object());
        err = *event ? 0 : ENOSPC;
    }
    search_end(&search, !err);
    return err;
}

void audio_end(const struct member *member, const char *id)
{
    struct audio *audio = member->conversation->bridge->audio;
    struct ear *ear = audio && member->leg ? ear_find(audio, member->leg) : NULL;

    if (!ear)
        return;
    list_each (node, &ear->parts) {
        struct part *part = list_entry(node, struct part, ear_node);

        if (!strcmp(part->act->id, id)) {
            part_stop(part);
            return;
        }
    }
}

int audio_await(const struct member *member, audio_over_h *over, void *arg)
{
    struct audio *audio = member->conversation->bridge->audio;
    const struct ear *ear = audio && member->leg ? ear_find(audio, member->leg) : NULL;
    struct act *act;

    if (!ear || list_empty(&ear->parts))
        return ENOENT;
    act = list_entry(ear->parts.prev, struct part, ear_node)->act;
    return act->waited_node.next ? EBUSY : act_await(act, over, arg);
}

bool act_runs(const struct act_kind *kind, const struct audio_target *target)
{
    struct search search = {.kind = kind, .target = target};

    search_all(&search);
    search_end(&search, false);
    return search.count > 0;
}
