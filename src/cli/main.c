/* main.c: offhookd. */
int main(void)
{
    return 0;
}
