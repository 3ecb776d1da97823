/* calls.c: the table of the Voice API's calls. */
#include "api/calls.h"

static const enum api_error of_one[] = {API_NO_CALL, API_ERRORS};
static const enum api_error of_making[] = {API_THROTTLED, API_ERRORS};

const struct api_route routes_calls[] = {
    {"POST", "/v1/calls", "createCall", "Calls a number or a SIP address.", API_VOICE, AUTH_TOKEN,
     201, API_CREATES, .body = calls_create_body, .reply = calls_create_reply, .errors = of_making,
     .check = calls_create_check, .run = calls_create},
    {"GET", "/v1/calls", "listCalls", "Lists calls, also those that have ended.", API_VOICE,
     AUTH_TOKEN, 200, .query = calls_list_query, .reply = calls_list_reply,
     .check = calls_list_check, .run = calls_list},
    {"GET", "/v1/calls/{uuid}", "getCall", "Shows a call.", API_VOICE, AUTH_TOKEN, 200,
     .reply = calls_get_reply, .errors = of_one, .run = calls_get},
    {"PUT", "/v1/calls/{uuid}", "updateCall", "Does something with a call that is up.", API_VOICE,
     AUTH_TOKEN, 204, .body = calls_steer_body, .errors = of_one, .check = calls_steer_check,
     .run = calls_steer},
    {.method = NULL},
};
