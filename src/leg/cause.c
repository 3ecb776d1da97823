/* cause.c: the one table of causes (RFC 3261 §21, RFC 3398 §8.2.6, ITU-T Q.850) and
 * the one table of leg states:
 *
 *   started ──> ringing ──> answered ──> machine | human ──> completed
 *      │           │            └──────────────────────────────^
 *      └───────────┴──> busy cancelled failed rejected timeout unanswered
 *
 * An inbound caller who gives up before the answer goes to completed; what an answered WebSocket
 * server ends goes to disconnected. */
#include "leg/cause.h"

#include <stddef.h>
#include <string.h>

static const char *const words[] = {
    "started",   "ringing", "answered", "machine", "human",      "completed",    "busy",
    "cancelled", "failed",  "rejected", "timeout", "unanswered", "disconnected",
};

const char *leg_status_text(enum leg_status status)
{
    return words[status];
}

int leg_status_parse(const char *text)
{
    for (int i = 0; i <= LEG_DISCONNECTED; i++) {
        if (strcmp(text, words[i]) == 0)
            return i;
    }
    return -1;
}

bool leg_status_final(enum leg_status status)
{
    return status >= LEG_COMPLETED;
}

bool leg_status_may(enum leg_status from, enum leg_status to)
{
    if (leg_status_final(from) || to == LEG_STARTED)
        return false;
    switch (from) {
    case LEG_STARTED:
        return to != LEG_MACHINE && to != LEG_HUMAN;
    case LEG_RINGING:
        return to != LEG_RINGING && to != LEG_MACHINE && to != LEG_HUMAN;
    case LEG_ANSWERED:
        return to == LEG_MACHINE || to == LEG_HUMAN || to == LEG_COMPLETED ||
               to == LEG_DISCONNECTED;
    default:
        return to == LEG_COMPLETED || to == LEG_DISCONNECTED;
    }
}

static const struct leg_cause causes[] = {
    /* sip  status          detail                    reason                    q850 relay phrase */
    {200, LEG_COMPLETED, NULL, "ok", 16, 480, "Temporarily Unavailable"},
    {401, LEG_REJECTED, "restricted", "forbidden", 21, 403, "Forbidden"},
    {402, LEG_FAILED, "internal_error", "payment_required", 21, 503, "Service Unavailable"},
    {403, LEG_REJECTED, "restricted", "forbidden", 21, 403, "Forbidden"},
    {404, LEG_FAILED, "cannot_route", "not_found", 1, 404, "Not Found"},
    {405, LEG_FAILED, "internal_error", "failed", 63, 503, "Service Unavailable"},
    {407, LEG_REJECTED, "restricted", "forbidden", 21, 403, "Forbidden"},
    {408, LEG_UNANSWERED, "timeout", "request_timeout", 102, 480, "Temporarily Unavailable"},
    {410, LEG_FAILED, "number_out_of_service", "gone", 22, 410, "Gone"},
    {416, LEG_REJECTED, "invalid_number", "address_incomplete", 28, 484, "Address Incomplete"},
    {420, LEG_FAILED, "internal_error", "bad_extension", 127, 503, "Service Unavailable"},
    {480, LEG_UNANSWERED, "unavailable", "temporarily_unavailable", 18, 480,
     "Temporarily Unavailable"},
    {484, LEG_REJECTED, "invalid_number", "address_incomplete", 28, 484, "Address Incomplete"},
    {485, LEG_REJECTED, "invalid_number", "address_incomplete", 1, 485, "Ambiguous"},
    {486, LEG_BUSY, NULL, "busy_here", 17, 486, "Busy Here"},
    {487, LEG_CANCELLED, NULL, "request_terminated", 31, 480, "Temporarily Unavailable"},
    {488, LEG_FAILED, "internal_error", "failed", 65, 488, "Not Acceptable Here"},
    {500, LEG_FAILED, "internal_error", "server_internal_error", 41, 503, "Service Unavailable"},
    {501, LEG_FAILED, "internal_error", "not_implemented", 79, 503, "Service Unavailable"},
    {502, LEG_FAILED, "internal_error", "bad_gateway", 38, 503, "Service Unavailable"},
    {503, LEG_FAILED, "internal_error", "service_unavailable", 41, 503, "Service Unavailable"},
    {504, LEG_FAILED, "internal_error", "server_timeout", 102, 503, "Service Unavailable"},
    {505, LEG_FAILED, "internal_error", "version_not_supported", 127, 503, "Service Unavailable"},
    {600, LEG_BUSY, NULL, "busy", 17, 600, "Busy Everywhere"},
    {603, LEG_REJECTED, "declined", "rejected", 21, 603, "Decline"},
    {604, LEG_REJECTED, "invalid_number", "address_incomplete", 1, 604, "Does Not Exist Anywhere"},
    {606, LEG_FAILED, "internal_error", "failed", 58, 606, "Not Acceptable"},
};

static const struct leg_cause rest[] = {
    {300, LEG_FAILED, "cannot_route", "failed", 23, 480, "Temporarily Unavailable"},
    {400, LEG_FAILED, "internal_error", "failed", 127, 503, "Service Unavailable"},
    {500, LEG_FAILED, "internal_error", "server_internal_error", 41, 503, "Service Unavailable"},
    {600, LEG_REJECTED, "declined", "rejected", 21, 603, "Decline"},
};

static const struct leg_cause timeout = {
    487, LEG_TIMEOUT, NULL, "timeout", 19, 480, "Temporarily Unavailable"};
static const struct leg_cause transport = {503, LEG_FAILED, "cannot_route",       "flow_failed",
                                           27,  503,        "Service Unavailable"};

static const struct leg_cause full = {503, LEG_FAILED, "cannot_route",       "no_circuit",
                                      34,  503,        "Service Unavailable"};

static const struct leg_cause disconnected = {200, LEG_DISCONNECTED,         NULL, "ok", 16,
                                              480, "Temporarily Unavailable"};

const struct leg_cause *leg_cause_sip(int sip_status)
{
    size_t count = sizeof causes / sizeof *causes;

    for (size_t i = 0; i < count; i++) {
        if (causes[i].sip == sip_status)
            return &causes[i];
    }
    if (sip_status >= 200 && sip_status < 300)
        return &causes[0];
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++) {
        if (sip_status / 100 == rest[i].sip / 100)
            return &rest[i];
    }
    return &rest[1];
}

const struct leg_cause *leg_cause_timeout(void)
{
    return &timeout;
}

const struct leg_cause *leg_cause_transport(void)
{
    return &transport;
}

const struct leg_cause *leg_cause_full(void)
{
    return &full;
}

const struct leg_cause *leg_cause_disconnected(void)
{
    return &disconnected;
}
