# src/cli: the offhook command, and the phone that the demo and the tests use.
PHONE_RTP_SOURCES = \
	%D%/phone_code.c \
	%D%/phone_port.c \
	%D%/phone_receive.c \
	%D%/phone_rtp.c %D%/phone_rtp.h %D%/phone_rtp_private.h \
	%D%/phone_send.c \
	%D%/phone_tone.c %D%/phone_tone.h
PHONE_SOURCES = \
	%D%/phone.c %D%/phone.h %D%/phone_private.h \
	%D%/phone_line.c \
	$(PHONE_RTP_SOURCES)

bin_PROGRAMS += offhook
offhook_SOURCES = \
	%D%/app.c \
	%D%/call.c \
	%D%/client.c %D%/client.h \
	%D%/command.c %D%/command.h \
	%D%/conversation.c \
	%D%/demo.c %D%/demo.h \
	%D%/demo_application.c \
	%D%/demo_call.c \
	%D%/demo_daemon.c \
	%D%/demo_hear.c \
	%D%/demo_phones.c \
	%D%/demo_print.c \
	%D%/file.c %D%/file.h \
	%D%/jwt.c \
	%D%/main.c \
	%D%/number.c \
	%D%/registration.c \
	%D%/remote.c %D%/remote.h \
	%D%/tail.c \
	%D%/trunk.c \
	%D%/webhook.c \
	$(PHONE_SOURCES)
offhook_LDADD = $(OFFHOOK_LIBS)

include tests/kit/local.mk
