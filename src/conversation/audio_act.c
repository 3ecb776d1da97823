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

/* Ears. */

struct ear *ear_find(const struct audio *audio, const struct leg *leg)
{
    const char *id = leg_id(leg);
    struct ear *ear = NULL;

    HASH_FIND_STR(audio->ears, id, ear);
    return ear;
}

struct ear *ear_get(struct audio *audio, struct leg *leg)
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

void ear_check(struct ear *ear)
{
    if (!list_empty(&ear->parts) || ear->music)
        return;
    HASH_DELETE(hh, ear->audio->ears, ear);
    mem_unref(ear->leg);
    free(ear);
}

struct part *ear_first(const struct ear *ear)
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

enum { NOT_YET = INT32_MAX /* [ms] */ };

static void tell_over(struct act *act)
{
    list_remove(&act->waited_node);
    act->over(*act->reason ? act->reason : NULL, act->arg);
    mem_unref(act);
}

static void on_over(void *arg)
{
    struct act *act = arg;

    MAGIC_CHECK(act, ACT_MAGIC);
    if (list_empty(&act->parts))
        tell_over(act);
    else
        loop_start(act->audio->bridge->loop, &act->ending, NOT_YET, on_over, act);
}

int act_await(struct act *act, audio_over_h *over, void *arg)
{
    int err = loop_start(act->audio->bridge->loop, &act->ending, NOT_YET, on_over, act);

    if (err)
        return err;
    act->over = over;
    act->arg = arg;
    mem_ref(act);
    list_append(&act->audio->waited, &act->waited_node);
    return 0;
}

void act_forget(struct act *act)
{
    if (!act->waited_node.next)
        return;
    loop_cancel(act->audio->bridge->loop, &act->ending);
    list_remove(&act->waited_node);
    mem_unref(act);
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
    if (list_empty(&act->parts)) {
        if (tell)
            tell_done(act);
        if (act->waited_node.next)
            loop_start(act->audio->bridge->loop, &act->ending, 0, on_over, act);
    }
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
        if (part->play)
            music_pause(ear);
        else
            part_end(part, true); /* it has no media any more */
    }
    music_go(ear);
    ear_check(ear);
}

void part_stop(struct part *part)
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

static struct part *find_endless(const struct ear *ear, const struct act *but)
{
    list_each (node, &ear->parts) {
        struct part *part = list_entry(node, struct part, ear_node);

        if (part->act != but && !part->act->loops)
            return part;
    }
    return NULL;
}

void act_place(struct act *act, bool queue, bool ends_endless)
{
    list_each (node, &act->parts) {
        struct part *part = list_entry(node, struct part, act_node), *endless;

        if (!queue)
            ear_clear(part->ear);
        list_append(&part->ear->parts, &part->ear_node);
        while (ends_endless && (endless = find_endless(part->ear, act)))
            part_stop(endless);
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

/* What the legs tell. */

void act_left(struct audio *audio, const struct leg *leg)
{
    struct ear *ear = ear_find(audio, leg);

    if (!ear)
        return;
    music_end(ear);
    ear_clear(ear);
    ear_check(ear);
}

bool act_played(struct audio *audio, const struct leg *leg, uint32_t play)
{
    struct ear *ear = ear_find(audio, leg);
    struct part *part = ear ? ear_first(ear) : NULL;

    if (!ear)
        return false;
    if (!part || part->play != play)
        return music_played(ear, play);
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
        music_end(ear);
        ear_check(ear);
    }
    list_each (node, &audio->waited) {
        struct act *act = list_entry(node, struct act, waited_node);

        loop_cancel(audio->bridge->loop, &act->ending);
        tell_over(act);
    }
}
