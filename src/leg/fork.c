/* fork.c: the phones of one user ring at once, on one leg: each by a dialog of its own, all with
 * the same offer. The first to answer becomes the leg's dialog, and the rest is as with any other
 * call; the others are taken back with a Reason that keeps them out of the lists of missed calls
 * (RFC 3326). Sound before the answer is heard of whoever sent it last.
 *
 * What it comes to when nobody answers is chosen as a forking proxy does (RFC 3261 §16.7): a 6xx is
 * for all; busy goes before what says less. */
#include "leg/private.h"
#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct branch {
    struct leg *leg;
    struct dialog *dialog; /* our reference; NULL: it has ended */
};

struct fork {
    struct branch branches[LEG_PHONES];
    unsigned count, open;
    int status; /* the best refusal so far; 0: none */
    char phrase[64];
    bool timed_out, remote;
};

/* All but one; their owner is gone. */
static void take_back(struct fork *fork, const struct branch *but)
{
    for (unsigned i = 0; i < fork->count; i++) {
        struct branch *branch = &fork->branches[i];

        if (branch == but || !branch->dialog)
            continue;
        dialog_taken_elsewhere(branch->dialog);
        dialog_handle(branch->dialog, NULL, NULL);
        branch->dialog = mem_unref(branch->dialog);
    }
}

static void on_progress(int status, const char *sdp, const char *tag, void *arg)
{
    const struct branch *branch = arg;

    leg_outgoing.progress(status, sdp, tag, branch->leg);
}

static void on_answered(const char *sdp, void *arg)
{
    struct branch *branch = arg;
    struct leg *leg = branch->leg;
    struct fork *fork;

    MAGIC_CHECK(leg, LEG_MAGIC);
    fork = leg->fork;
    take_back(fork, branch);
    leg->fork = NULL;
    leg->dialog = branch->dialog;
    free(fork);
    dialog_handle(leg->dialog, &leg_outgoing, leg);
    leg_outgoing.answered(sdp, leg);
}

/* Which of two refusals says more. */
static int weight(int status)
{
    if (status >= 600)
        return 4;
    if (status == 486)
        return 3;
    return status == 480 ? 2 : status ? 1 : 0;
}

static void note_refusal(struct fork *fork, int status, const char *phrase, bool remote)
{
    if (weight(status) <= weight(fork->status))
        return;
    fork->status = status;
    fork->remote = remote;
    snprintf(fork->phrase, sizeof fork->phrase, "%s", phrase ? phrase : "");
}

static void finish(struct leg *leg)
{
    struct fork *fork = leg->fork;
    const struct leg_cause *cause = NULL;

    leg->fork = NULL;
    if (leg->hung_up)
        cause = leg_cause_sip(487);
    else if (fork->timed_out)
        cause = leg_cause_timeout();
    else if (!fork->status)
        cause = leg_cause_sip(480);
    if (cause) /* no phone said so */
        leg_finish(leg, cause, cause->sip, cause->phrase, false);
    else
        leg_finish(leg, leg_cause_sip(fork->status), fork->status, fork->phrase, fork->remote);
    free(fork);
}

static void on_ended(int status, const char *phrase, bool remote, int q850, void *arg)
{
    struct branch *branch = arg;
    struct leg *leg = branch->leg;
    struct fork *fork;

    (void)q850;
    MAGIC_CHECK(leg, LEG_MAGIC);
    fork = leg->fork;
    if (dialog_timed_out(branch->dialog))
        fork->timed_out = true;
    else if (!dialog_transport_error(branch->dialog))
        note_refusal(fork, status, phrase, remote);
    branch->dialog = mem_unref(branch->dialog);
    fork->open--;
    if (status >= 600 && fork->open) {
        take_back(fork, NULL);
        fork->open = 0;
    }
    if (!fork->open)
        finish(leg);
}

static const struct dialog_handlers handlers = {
    .progress = on_progress,
    .answered = on_answered,
    .ended = on_ended,
};

static int ring(struct leg *leg, const struct leg_phone *phone, struct branch *branch)
{
    bool unknown = leg->from.type == ENDPOINT_PHONE && strcmp(leg->from.address, "Unknown") == 0;
    struct dialog_target target = {
        .uri = phone->uri,
        .from_user = unknown ? "" : leg->from.address,
        .route = phone->route,
        .by = phone->by,
        .headers = leg->headers,
        .header_count = leg->header_count,
        .sdp = leg->sdp,
        .ring_timeout = leg->ring_timeout,
    };

    branch->leg = leg;
    return dialog_invite(leg->plane->ua, &target, &handlers, branch, &branch->dialog);
}

int fork_dial(struct leg *leg, const struct leg_phone *phones, unsigned count)
{
    int err = leg_write_offer(leg);
    struct fork *fork = err ? NULL : calloc(1, sizeof *fork);

    if (!fork)
        return err ? err : ENOMEM;
    assert(count <= LEG_PHONES);
    leg->fork = fork;
    for (unsigned i = 0; i < count; i++) {
        int refused = ring(leg, &phones[i], &fork->branches[fork->count]);

        if (refused) {
            err = refused;
            log_warning("leg", "cannot ring id=%s uri=%s: %s", leg->id, phones[i].uri,
                        strerror(err));
        } else {
            fork->count++;
        }
    }
    fork->open = fork->count;
    if (fork->count)
        return 0;
    leg->fork = NULL;
    free(fork);
    return err ? err : EINVAL;
}

void fork_hangup(struct leg *leg, int status, int q850)
{
    struct fork *fork = leg->fork;

    for (unsigned i = 0; i < fork->count; i++) {
        if (fork->branches[i].dialog)
            dialog_hangup(fork->branches[i].dialog, status, q850);
    }
}
