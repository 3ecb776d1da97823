/* report.c: the verdict of the rooms mode, and its JSON line. */
#include "bench/load/call.h"
#include "bench/load/rooms.h"

#include <stdio.h>

static const int64_t FRAME_NS = 20000000;

static uint64_t bursts_missed(const struct leg *leg)
{
    const struct leg *source = leg->choir->delay ? leg_source(leg) : NULL;

    return source && source->bursts > leg->burst.heard ? source->bursts - leg->burst.heard : 0;
}

void rooms_judge(const struct rooms *rooms, struct verdict *verdict)
{
    *verdict = (struct verdict){0};
    for (unsigned i = 0; i < rooms->choir.count; i++) {
        const struct leg *leg = &rooms->choir.legs[i];
        uint64_t lost = reception_lost(&leg->reception);
        uint64_t late = rooms->choir.voice ? 0 /* each has a window of its own */
                                           : reception_short(&leg->reception, &rooms->choir.window);

        verdict->packets += leg->reception.packets;
        verdict->lost += lost;
        verdict->short_of += late;
        verdict->missing += leg->ear.missing;
        verdict->own += leg->ear.own;
        verdict->stranger += leg->ear.stranger;
        verdict->bursts_missed += bursts_missed(leg);
        verdict->legs_short += lost + late > 0;
        verdict->legs_wrong += !leg_heard_right(leg);
        if (leg->reception.sources > verdict->sources)
            verdict->sources = leg->reception.sources;
    }
}

static void print_cost(const struct rooms *rooms)
{
    double leg_seconds = (double)rooms->measured / 1e9 * rooms->choir.count;

    if (rooms->options->pid && rooms->cpu_from >= 0 && rooms->cpu_to >= 0) {
        printf(",\"cpu_percent_per_leg\":%.4f",
               leg_seconds > 0 ? (rooms->cpu_to - rooms->cpu_from) / leg_seconds * 100 : 0);
        printf(",\"rss_kib\":[%ld,%ld,%ld],\"rss_kib_per_leg\":%.1f", rooms->rss_before,
               rooms->rss_up, rooms->rss_after,
               (double)(rooms->rss_up - rooms->rss_before) / rooms->choir.count);
    }
    printf(",\"load_cpu_percent\":%.1f",
           rooms->measured ? (rooms->own_to - rooms->own_from) / (double)rooms->measured * 1e11
                           : 0);
    printf(",\"load_late_ms\":[%.2f,%.2f],\"load_left_out\":%u",
           histogram_ms(&rooms->lateness, 0.99), histogram_max_ms(&rooms->lateness),
           rooms->left_out);
}

static void print_calls(const struct caller *caller)
{
    printf(",\"failed\":%u,\"last_failure\":%d,\"retransmitted\":%lu", caller->counts.failed,
           caller->counts.last_status, caller->counts.retransmitted);
    printf(",\"setup_ms\":[%.2f,%.2f,%.2f]", histogram_ms(&caller->setup, 0.5),
           histogram_ms(&caller->setup, 0.99), histogram_max_ms(&caller->setup));
}

static void print_times(const char *name, const struct histogram *times)
{
    printf(",\"%s\":[%.2f,%.2f,%.2f]", name, histogram_ms(times, 0.5), histogram_ms(times, 0.99),
           histogram_max_ms(times));
}

/* What each leg heard of its sound. */
static void print_sounds(const struct rooms *rooms)
{
    struct histogram first = {0}, invited = {0}, length = {0}, silence = {0};

    for (unsigned i = 0; i < rooms->choir.count; i++) {
        const struct sounding *sounding = &rooms->choir.legs[i].sounding;
        const struct call *call = &rooms->caller.calls[i];

        if (!sounding->frames)
            continue;
        histogram_add(&first, sounding->first - call->answered);
        histogram_add(&invited, sounding->first - call->invited);
        histogram_add(&length, sounding->last - sounding->first);
        histogram_add(&silence, sounding->silence * FRAME_NS);
    }
    printf(",\"sounded\":%lu", first.count);
    print_times("first_sound_ms", &first);
    print_times("invite_to_sound_ms", &invited);
    print_times("sound_ms", &length);
    print_times("silence_ms", &silence);
}

bool rooms_report(const struct rooms *rooms, const struct verdict *verdict)
{
    const struct histogram *gaps = &rooms->choir.gaps;
    bool right = rooms->up == rooms->choir.count && rooms->caller.counts.failed == 0 &&
                 verdict->legs_wrong == 0;

    printf("{\"mode\":\"rooms\",\"right\":%s,\"legs\":%u,\"per_room\":%u,\"speakers\":%u,"
           "\"seconds\":%u,\"up\":%u",
           right ? "true" : "false", rooms->choir.count, rooms->options->per_room,
           rooms->choir.song.voices, rooms->options->seconds, rooms->up);
    printf(",\"packets\":%lu,\"lost\":%lu,\"short\":%lu,\"legs_short\":%u,\"sources\":%u",
           verdict->packets, verdict->lost, verdict->short_of, verdict->legs_short,
           verdict->sources);
    printf(",\"legs_wrong\":%u,\"frames_missing\":%lu,\"frames_own\":%lu,\"frames_stranger\":%lu",
           verdict->legs_wrong, verdict->missing, verdict->own, verdict->stranger);
    printf(",\"gap_ms\":[%.2f,%.2f,%.2f]", histogram_ms(gaps, 0.5), histogram_ms(gaps, 0.99),
           histogram_max_ms(gaps));
    print_cost(rooms);
    if (!rooms->options->plain)
        print_calls(&rooms->caller);
    if (rooms->choir.voice)
        print_sounds(rooms);
    if (rooms->choir.delay) {
        print_times("delay_ms", &rooms->choir.delays);
        printf(",\"bursts\":%lu,\"bursts_missed\":%lu", rooms->choir.delays.count,
               verdict->bursts_missed);
    }
    printf("}\n");
    return right;
}
