/* audio_act.c: what sounds at a leg: one act after the other, each until its sound has
 * ended, it is stopped, something takes its place, or the leg leaves. */
#include "conversation/audio_private.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

const struct act_kind act_play = {"audio:play", "audio:play:stop", "audio:play:done", "play_id"};
const struct act_kind act_say = {"audio:say", "audio:say:stop", "audio:say:done", "say_id"};
const struct act_kind act_ring = {"audio:ringing:start", "audio:ringing:stop", NULL, NULL};
const struct act_kind act_beep = {NULL, NULL, NULL, NULL};

static void destroy_act(void *obj)
{
    struct act *act = obj;

    mem_unref(act->sound);
    mem_unref(act->conversation);
    act->magic = 0;
}

static void destroy_part(void *obj)
{
    struct part *part = obj;

    mem_unref(part->act);
}

/* Ears: made with the first part, gone with the last. */

static struct ear *ear_find(const struct audio *audio, const struct leg *leg)
{
    const char *id = leg_id(leg);
    struct ear *ear = NULL;

    HASH_FIND_STR(audio->ears, id, ear);
    return ear;
}

static struct ear *ear_get(struct audio *audio, struct leg *leg)
{
    struct ear *ear = ear_find(audio, leg);
    const char *id = leg_id(leg);

    if (ear)
        return ear;
    ear = calloc(1, sizeof *ear);
    if (!ear)
        return NULL;
    HASH_ADD_KEYPTR(hh, audio->ears, id, strlen(id), ear);
    if (!ear->hh.tbl) {
        free(ear);
        return NULL;
    }
    ear->audio = audio;
    ear->leg = mem_ref(leg);
    list_init(&ear->parts);
    return ear;
}

static void ear_check(struct ear *ear)
{
    if (!list_empty(&ear->parts))
        return;
    HASH_DELETE(hh, ear->audio->ears, ear);
    mem_unref(ear->leg);
    free(ear);
}

static struct part *ear_first(const struct ear *ear)
{
    struct list *node = list_first(&ear->parts);

    return node ? list_entry(node, struct part, ear_node) : NULL;
}

/* Parts. */

/* Once, when the last part has ended. Who has left since is nobody any more. */
static void tell_done(struct act *act)
{
    struct conversation *conversation = act->conversation;
    json_t *body;

    if (!act->kind->done)
        return;
    body = json_pack("{s:s}", act->kind->id, act->id);
    if (*act->reason)
        json_object_set_new(body, "reason", json_string(act->reason));
    conversation_event(conversation, act->kind->done, audio_member(conversation, act->from),
                       audio_member(conversation, act->to), body, clock_wall_ms());
}

/* Takes a part off; the sound goes on or not as the caller sees to. Its ear stays, even
 * empty: ear_check(). */
static void part_end(struct part *part, bool tell)
{
    struct act *act = mem_ref(part->act);

    part->ear = NULL;
    list_remove(&part->ear_node);
    list_remove(&part->act_node);
    mem_unref(part);
    if (tell && list_empty(&act->parts))
        tell_done(act);
    mem_unref(act);
}

static void ear_go(struct ear *ear);

static void on_confirmed(void *arg)
{
    struct part *part = arg;

    part->confirming = false;
    if (part->ear)
        ear_go(part->ear);
    mem_unref(part);
}

/* A caller who is just being answered hears the sound from its beginning: it waits for the
 * 200, which waits for the store. True: it does. */
static bool waits(struct part *part)
{
    if (part->confirming)
        return true;
    if (leg_confirmed(part->ear->leg))
        return false;
    if (store_fence(part->ear->audio->bridge->store, on_confirmed, part))
        return false;
    part->confirming = true;
    mem_ref(part);
    return true;
}

/* Lets the first part sound, if its sound is there. The ear may be gone afterwards. */
static void ear_go(struct ear *ear)
{
    struct part *part;

    while ((part = ear_first(ear)) && !part->play && part->act->sound && !waits(part)) {
        part->play = leg_play(ear->leg, part->act->sound, part->act->loops, part->act->level);
        if (!part->play)
            part_end(part, true); /* it has no media any more */
    }
    ear_check(ear);
}

/* Ends a part wherever it is in its ear; what is behind it goes on. */
static void part_stop(struct part *part)
{
    struct ear *ear = part->ear;

    if (part->play)
        leg_stop(ear->leg);
    part_end(part, true);
    ear_go(ear);
}

static int part_make(struct act *act, struct member *member)
{
    struct part *part = mem_alloc(sizeof *part, destroy_part);

    if (!part)
        return ENOMEM;
    part->ear = ear_get(act->audio, member->leg);
    if (!part->ear) {
        mem_unref(part);
        return ENOMEM;
    }
    part->act = mem_ref(act);
    list_append(&act->parts, &part->act_node);
    return 0;
}

/* Acts. */

int act_make(const struct act_kind *kind, const struct audio_target *target, struct act **actp)
{
    const struct member *from = target->from ? target->from : target->to;
    struct member **members;
    struct act *act;
    int err;

    members = audio_members(target, &err);
    if (err)
        return err;
    act = mem_alloc(sizeof *act, destroy_act);
    if (!act) {
        mem_unref(members);
        return ENOMEM;
    }
    act->magic = ACT_MAGIC;
    act->kind = kind;
    act->audio = target->conversation->bridge->audio;
    act->conversation = mem_ref(target->conversation);
    act->loops = 1;
    id_uuid(act->id);
    snprintf(act->from, sizeof act->from, "%s", from ? from->id : "");
    snprintf(act->to, sizeof act->to, "%s", target->to ? target->to->id : "");
    list_init(&act->parts);
    for (unsigned i = 0; !err && members[i]; i++)
        err = part_make(act, members[i]);
    mem_unref(members);
    if (err) {
        act_drop(act);
        mem_unref(act);
        return err;
    }
    *actp = act;
    return 0;
}

/* Whatever sounds or waits at a leg ends. */
static void ear_clear(struct ear *ear)
{
    struct part *part;

    while ((part = ear_first(ear))) {
        if (part->play)
            leg_stop(ear->leg);
        part_end(part, true);
    }
}

void act_place(struct act *act, bool queue)
{
    list_each (node, &act->parts) {
        struct part *part = list_entry(node, struct part, act_node);

        if (!queue)
            ear_clear(part->ear);
        list_append(&part->ear->parts, &part->ear_node);
    }
}

static void act_end(struct act *act, const char *reason)
{
    mem_ref(act);
    if (reason && !*act->reason)
        snprintf(act->reason, sizeof act->reason, "%s", reason);
    list_each (node, &act->parts)
        part_stop(list_entry(node, struct part, act_node));
    mem_unref(act);
}

void act_sound(struct act *act, struct sound *sound, const char *reason)
{
    MAGIC_CHECK(act, ACT_MAGIC);
    if (!sound) {
        if (!list_empty(&act->parts))
            log_info("audio", "no sound id=%s: %s", act->id, reason);
        act_end(act, reason);
        return;
    }
    act->sound = mem_ref(sound);
    list_each (node, &act->parts)
        ear_go(list_entry(node, struct part, act_node)->ear);
}

void act_drop(struct act *act)
{
    mem_ref(act);
    list_each (node, &act->parts) {
        struct part *part = list_entry(node, struct part, act_node);
        struct ear *ear = part->ear;

        part_end(part, false);
        ear_go(ear);
    }
    mem_unref(act);
}

/* Stopping. */

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

bool act_runs(const struct act_kind *kind, const struct audio_target *target)
{
    struct search search = {.kind = kind, .target = target};

    search_all(&search);
    search_end(&search, false);
    return search.count > 0;
}

/* What the legs tell. */

void act_left(struct audio *audio, const struct leg *leg)
{
    struct ear *ear = ear_find(audio, leg);

    if (!ear)
        return;
    ear_clear(ear);
    ear_check(ear);
}

bool act_played(struct audio *audio, const struct leg *leg, uint32_t play)
{
    struct ear *ear = ear_find(audio, leg);
    struct part *part = ear ? ear_first(ear) : NULL;

    if (!part || part->play != play)
        return false;
    part_end(part, true);
    ear_go(ear);
    return true;
}

void acts_free(struct audio *audio)
{
    struct ear *ear, *next;

    HASH_ITER (hh, audio->ears, ear, next) {
        struct part *part;

        while ((part = ear_first(ear)))
            part_end(part, false);
        ear_check(ear);
    }
}
