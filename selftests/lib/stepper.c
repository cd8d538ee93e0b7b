// SPDX-License-Identifier: GPL-2.0-only
/*
 * A launch in a process of its own, that takes one step at a command.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stepper.h"

/* Orders to the process: the index of a step, or one of these. */
enum order {
	ORDER_FINISH = -1,
	ORDER_HAND_OVER = -2,
};

struct answer {
	struct sev_outcome outcome;
	pid_t pid;		/* who takes the next step */
};

static bool read_whole(int fd, void *to, size_t size)
{
	ssize_t got;

	do
		got = read(fd, to, size);
	while (got < 0 && errno == EINTR);
	return got == (ssize_t)size;
}

static bool write_whole(int fd, const void *from, size_t size)
{
	return write(fd, from, size) == (ssize_t)size;
}

__attribute__((noreturn))
static void sit_still(void)
{
	for (;;)
		pause();
}

__attribute__((noreturn))
static void take_steps(const struct sev_launch_options *options, int in, int out)
{
	static struct sev_launch launch;
	struct answer answer = { .pid = getpid() };
	const char *missing;
	int order;

	/* A test that dies must not leave VMs behind. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!sev_launch_open(&launch, options, &missing)) {
		printf("# %s cannot be opened\n", missing);
		fflush(stdout);
		_exit(1);
	}
	while (read_whole(in, &order, sizeof(order)) && order != ORDER_FINISH) {
		if (order == ORDER_HAND_OVER) {
			pid_t child = fork();

			if (child > 0) {
				close(in);
				close(out);
				sit_still();
			}
			answer.pid = child < 0 ? -1 : getpid();
			answer.outcome = (struct sev_outcome) { 0 };
		} else {
			answer.outcome = sev_step_all()[order].run(&launch);
		}
		if (!write_whole(out, &answer, sizeof(answer)))
			_exit(1);
	}
	sev_launch_close(&launch);
	_exit(0);
}

bool stepper_start(struct stepper *s, const struct sev_launch_options *options)
{
	int to[2], from[2];

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (pipe(to) || pipe(from))
		return false;
	fflush(stdout);
	s->creator = 0;
	s->pid = fork();
	if (!s->pid) {
		close(to[1]);
		close(from[0]);
		take_steps(options, to[0], from[1]);
	}
	close(to[0]);
	close(from[1]);
	s->to = to[1];
	s->from = from[0];
	return s->pid > 0;
}

static bool give_order(struct stepper *s, int order, struct answer *answer)
{
	return write_whole(s->to, &order, sizeof(order)) &&
	       read_whole(s->from, answer, sizeof(*answer));
}

bool stepper_step(struct stepper *s, const struct sev_step *step, struct sev_outcome *out)
{
	struct answer answer;

	if (!give_order(s, step - sev_step_all(), &answer))
		return false;
	*out = answer.outcome;
	return true;
}

/* State D of proc_pid_stat(5), behind the name in parentheses. */
static bool waits_in_kernel(pid_t pid)
{
	char path[64], line[512] = "", *state;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	if (!file)
		return false;
	state = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
	fclose(file);
	return state && !strncmp(state, ") D", 3);
}

bool stepper_launch(struct stepper *s, const struct sev_launch_options *options, int leave)
{
	const struct sev_step *steps[SEV_STEPS_MAX];
	struct sev_outcome out;
	char *wrong;
	int count = sev_steps_parse(sev_steps_launch(options->type), steps, &wrong), i;
	bool good = stepper_start(s, options);

	for (i = 0; i < count - leave && good; i++)
		good = stepper_step(s, steps[i], &out) && sev_step_good(steps[i], &out);
	return good;
}

bool stepper_begin(struct stepper *s, const struct sev_step *step, bool *ended)
{
	struct pollfd answered = { .fd = s->from, .events = POLLIN };
	int order = step - sev_step_all();
	struct answer answer;

	*ended = false;
	if (!write_whole(s->to, &order, sizeof(order)))
		return false;
	while (poll(&answered, 1, 0) == 0)
		if (waits_in_kernel(s->pid))
			return true;
	*ended = true;
	return read_whole(s->from, &answer, sizeof(answer));
}

bool stepper_hand_over(struct stepper *s)
{
	struct answer answer;

	if (!give_order(s, ORDER_HAND_OVER, &answer) || answer.pid < 0)
		return false;
	s->creator = s->pid;
	s->pid = answer.pid;
	return true;
}

static int wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static void kill_and_wait(pid_t *pid)
{
	if (*pid <= 0)
		return;
	kill(*pid, SIGKILL);
	wait_for(*pid);
	*pid = 0;
}

void stepper_kill_creator(struct stepper *s)
{
	kill_and_wait(&s->creator);
}

static void stop_talking(struct stepper *s)
{
	close(s->to);
	close(s->from);
}

void stepper_kill(struct stepper *s)
{
	/* The parent first: only then is the child the test's own to wait for. */
	kill_and_wait(&s->creator);
	kill_and_wait(&s->pid);
	stop_talking(s);
}

bool stepper_finish(struct stepper *s)
{
	int order = ORDER_FINISH, status;
	bool sent = write_whole(s->to, &order, sizeof(order));

	kill_and_wait(&s->creator);
	status = wait_for(s->pid);
	s->pid = 0;
	stop_talking(s);
	return sent && WIFEXITED(status) && !WEXITSTATUS(status);
}
