# src/cli: the offhook command.
bin_PROGRAMS += offhook
offhook_SOURCES = %D%/main.c
offhook_LDADD = $(OFFHOOK_LIBS)
