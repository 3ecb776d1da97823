# src/mixer: who hears whom; compiled with audio/ for speed.
libaudio_a_SOURCES += \
	%D%/audible.c %D%/gate.c %D%/member.h \
	%D%/link.c %D%/link.h \
	%D%/mixer.c %D%/mixer.h %D%/rate.c
