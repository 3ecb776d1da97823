# src/offer: SDP offer and answer. Text in, text out.
liboffhook_a_SOURCES += \
	%D%/accept.c \
	%D%/answer.c \
	%D%/make.c \
	%D%/offer.h \
	%D%/read.c %D%/read.h \
	%D%/write.c %D%/write.h
