/* worker_straight.c: two in a room who are not mixed, and are when they must be. */
#include "worker_rig.h"
int main(void)
{
    return cmocka_run_group_tests((struct CMUnitTest[]){{0}}, NULL, NULL);
}
