# src/stream: one RTP stream.
liboffhook_a_SOURCES += \
	%D%/adapt.c \
	%D%/bytes.h \
	%D%/carrier.c \
	%D%/coding.c \
	%D%/gap.c \
	%D%/hear.c \
	%D%/jitter.c %D%/jitter.h \
	%D%/keys_in.c \
	%D%/keys_out.c \
	%D%/latch.c \
	%D%/once.c %D%/once.h \
	%D%/parse.c \
	%D%/play.c \
	%D%/playout.c %D%/playout.h %D%/playout_private.h \
	%D%/private.h \
	%D%/problem.c \
	%D%/put.c \
	%D%/quality.c %D%/quality.h \
	%D%/read.c \
	%D%/relay.c \
	%D%/reception.c %D%/reception.h \
	%D%/report.c %D%/report.h \
	%D%/report_read.c \
	%D%/reports.c \
	%D%/scale.c %D%/scale.h \
	%D%/secret.c \
	%D%/sending.c %D%/sending.h \
	%D%/sequence.c %D%/sequence.h \
	%D%/slack.h \
	%D%/stats.c \
	%D%/stretch.c \
	%D%/stream.c %D%/stream.h \
	%D%/types.c
