/* Outputs that POST: templates, pauses, headers. */
#include "tests/unit/output.h"

#include "lib/alert/delivery.h"
#include "lib/alert/template.h"

#include <stdatomic.h>

static char url[] = "http://127.0.0.1:1/"; /* nobody is there */
static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/* One whose server is this test. Returns the socket, which does not listen yet. */
static int make_webhook(struct config_output *own)
{
	static char place[64];
	uint16_t port;
	int fd = loopback_bind(SOCK_STREAM, &port);

	(void)snprintf(place, sizeof place, "http://127.0.0.1:%u/", port);
	*own = (struct config_output){.type = CONFIG_WEBHOOK, .id = "webhook", .url = place};
	return fd;
}

static struct template *make_template(const char *source)
{
	struct fail fail;
	struct template *template = template_parse(source, strlen(source), &fail);

	assert_non_null(template);
	return template;
}

/* Nothing of it can be sent: no answer comes that would bring the loop to the next one. */
static void refuses_all_that_a_template_does_not_fit(void **state)
{
	(void)state;
	static const uint32_t five_ends[] = {3, 6, 9, 12, 15};
	const struct spool_batch five = {.bytes = (const uint8_t *)"{}\n{}\n{}\n{}\n{}\n",
					 .size = 15,
					 .first = 1,
					 .count = 5,
					 .ends = five_ends};
	struct config_output own = {.type = CONFIG_WEBHOOK,
				    .id = "webhook",
				    .url = url,
				    .template = make_template("{{$x := printf \"%1000000d\" 1}}"
							      "{{$x}}{{$x}}{{$x}}{{$x}}{{$x}}")};
	struct output_world world;
	struct output_event event;

	struct output *output = start_output(&world, &own, monotonic_ms, none);
	output_submit(output, &five);
	for (size_t i = 0; i < 5; i++) {
		next_event(&world, output, &event);
		assert_int_equal(event.kind, OUTPUT_REFUSED);
		assert_int_equal(event.from, i);
		assert_non_null(strstr(event.reason, "makes more than"));
	}
	assert_true(output_take(output, &event));
	assert_int_equal(event.kind, OUTPUT_FREED);
	end_output(&world, output);
	template_free(own.template);
}

static atomic_int ticks;
static int64_t began_ms;

/* A clock that goes on by one with every look at it. */
static int64_t ticking_ms(void)
{
	return began_ms + atomic_fetch_add(&ticks, 1);
}

static uint32_t pause_of_two_ms(void)
{
	return (uint32_t)((5ULL << 31) / DELIVERY_RETRY_FIRST_MS); /* rounded down */
}

/* The pause may be over just when it is asked how long it lasts. */
static void tries_again_when_a_pause_ends_between_two_looks(void **state)
{
	(void)state;
	const struct config_output own = {.type = CONFIG_WEBHOOK, .id = "webhook", .url = url};
	const struct timespec moment = {.tv_nsec = 10000000};
	struct output_world world;
	struct output_health health = {0};

	began_ms = monotonic_ms();
	struct output *output = start_output(&world, &own, ticking_ms, pause_of_two_ms);
	output_submit(output, &batch);
	for (int i = 0; i < PATIENCE_MS / 10 && health.attempts < 3; i++) {
		(void)nanosleep(&moment, NULL);
		output_get_health(output, &health);
	}
	assert_true(health.attempts >= 3);
	end_output(&world, output);
}

/* Which type of output makes no difference: records that are no alerts. */
static void what_no_template_can_make_is_refused(void **state)
{
	(void)state;
	const enum config_type types[] = {CONFIG_STDOUT, CONFIG_WEBHOOK};

	for (size_t i = 0; i < COUNT_OF(types); i++) {
		struct config_output own = {
			.type = types[i], .id = "t", .url = url, .template = make_template("{{.a}}")};
		struct output_world world;
		struct output *output = start_output(&world, &own, monotonic_ms, none);
		struct output_event event;
		output_submit(output, &batch);
		for (size_t record = 0; record < batch.count; record++) {
			next_event(&world, output, &event);
			assert_int_equal(event.kind, OUTPUT_REFUSED);
			assert_int_equal(event.from, record);
			assert_non_null(strstr(event.reason, "template: cannot read the alert"));
		}
		next_event(&world, output, &event);
		assert_int_equal(event.kind, OUTPUT_FREED);
		end_output(&world, output);
		template_free(own.template);
	}
}

/* There is nothing to be sent, and nobody is asked. */
static void what_a_template_makes_empty_is_settled(void **state)
{
	(void)state;
	const struct spool_batch objects = {.bytes = (const uint8_t *)"{}\n{}\n",
					    .size = 6,
					    .first = 1,
					    .count = 2,
					    .ends = (uint32_t[]){3, 6}};
	struct config_output own = {.type = CONFIG_WEBHOOK,
				    .id = "t",
				    .url = url,
				    .template = make_template("{{if .a}}x{{end}}")};
	struct output_world world;
	struct output *output = start_output(&world, &own, monotonic_ms, none);
	struct output_event event;

	output_submit(output, &objects);
	next_event(&world, output, &event);
	assert_int_equal(event.kind, OUTPUT_DELIVERED);
	assert_int_equal(event.to, 2);
	end_output(&world, output);
	template_free(own.template);
}

static int64_t stopped_at_ms;

/* No pause ever ends. */
static int64_t stopped_ms(void)
{
	return stopped_at_ms;
}

static uint32_t most(void)
{
	return UINT32_MAX;
}

static void a_webhook_is_tried_at_once_when_reopened(void **state)
{
	(void)state;
	char request[4096];
	struct config_output own;
	int fd = make_webhook(&own);
	struct output_world world;
	struct output_event event;

	stopped_at_ms = monotonic_ms();
	struct output *output = start_output(&world, &own, stopped_ms, most);
	output_submit(output, &batch);
	next_event(&world, output, &event);
	assert_int_equal(event.kind, OUTPUT_CHANGED);
	assert_string_equal(event.state, "retrying"); /* nobody listens */
	assert_int_equal(listen(fd, 1), 0);
	output_reopen(output);
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	assert_int_equal(poll(&ready, 1, PATIENCE_MS), 1);
	int peer = accept(fd, NULL, NULL);
	assert_true(recv(peer, request, sizeof request, 0) > 0);
	assert_int_equal(send(peer, answer, sizeof answer - 1, 0), sizeof answer - 1);
	next_of_kind(&world, output, &event, OUTPUT_DELIVERED);
	assert_int_equal(event.to, 3);
	end_output(&world, output);
	(void)close(peer);
	(void)close(fd);
}

/* A server that sends back what it was given, or a long page: the status is the answer. */
static void a_long_answer_is_one(void **state)
{
	(void)state;
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n";
	static char body[1000000];
	char request[4096];
	struct config_output own;
	int fd = make_webhook(&own);
	struct output_world world;
	struct output_event event;

	assert_int_equal(listen(fd, 1), 0);
	struct output *output = start_output(&world, &own, monotonic_ms, none);
	output_submit(output, &batch);
	int peer = accept(fd, NULL, NULL);
	assert_true(recv(peer, request, sizeof request, 0) > 0);
	assert_int_equal(send(peer, head, sizeof head - 1, 0), sizeof head - 1);
	(void)send(peer, body, sizeof body, MSG_NOSIGNAL); /* until the other side closes */
	next_event(&world, output, &event);
	assert_int_equal(event.kind, OUTPUT_DELIVERED);
	assert_int_equal(event.to, 3);
	end_output(&world, output);
	(void)close(peer);
	(void)close(fd);
}

/* What the configuration says of the body goes before what we say. */
static void a_headers_name_is_given_once(void **state)
{
	(void)state;
	char given[] = "content-type: text/x";
	char request[4096] = "";
	size_t size = 0;
	struct config_output own;
	int fd = make_webhook(&own);
	struct output_world world;
	struct output_event event;

	own.headers[own.header_count++] = given;
	assert_int_equal(listen(fd, 1), 0);
	struct output *output = start_output(&world, &own, monotonic_ms, none);
	output_submit(output, &batch);
	int peer = accept(fd, NULL, NULL);
	while (strstr(request, "\r\n\r\n") == NULL) {
		ssize_t got = recv(peer, request + size, sizeof request - 1 - size, 0);
		assert_true(got > 0);
		size += (size_t)got;
	}
	assert_int_equal(send(peer, answer, sizeof answer - 1, 0), sizeof answer - 1);
	next_of_kind(&world, output, &event, OUTPUT_DELIVERED);
	assert_non_null(strstr(request, "\r\ncontent-type: text/x\r\n"));
	assert_null(strstr(request, "\r\nContent-Type:"));
	end_output(&world, output);
	(void)close(peer);
	(void)close(fd);
}

/* Takes the next request, whose body is `lines` lines long, and refuses what it brings. */
static void refuse(int peer, size_t lines)
{
	static const char refusal[] = "HTTP/1.1 422 No\r\nContent-Length: 0\r\n\r\n";
	char request[4096];
	const char *body;
	size_t size = 0;

	do {
		ssize_t got = recv(peer, request + size, sizeof request - 1 - size, 0);
		assert_true(got > 0);
		size += (size_t)got;
		request[size] = '\0';
		body = strstr(request, "\r\n\r\n");
	} while (body == NULL || strlen(body + 4) < 2 * lines);
	assert_int_equal(strlen(body + 4), 2 * lines);
	assert_int_equal(send(peer, refusal, sizeof refusal - 1, 0), sizeof refusal - 1);
}

/* A server that refuses one after another: what is not refused yet is given back, so that others can be tried. */
static void gives_back_what_was_never_refused(void **state)
{
	(void)state;
	static const size_t lines[] = {3, 1, 2, 1, 1, 3, 1, 2, 1};
	struct config_output own;
	int fd = make_webhook(&own);
	struct output_world world;
	struct output_event event;

	assert_int_equal(listen(fd, 1), 0);
	stopped_at_ms = monotonic_ms();
	struct output *output = start_output(&world, &own, stopped_ms, most);
	output_submit(output, &batch);
	output_submit(output, &batch);
	int peer = accept(fd, NULL, NULL);
	for (size_t i = 0; i < COUNT_OF(lines); i++)
		refuse(peer, lines[i]);
	for (size_t i = 0; i < DELIVERY_POISON_MAX; i++) {
		next_of_kind(&world, output, &event, OUTPUT_REFUSED);
		assert_int_equal(event.from, i % batch.count);
	}
	next_of_kind(&world, output, &event, OUTPUT_RETURNED);
	assert_int_equal(output_room(output), OUTPUT_BATCHES_MAX);
	output_submit(output, &batch);
	output_reopen(output); /* the pause is over */
	refuse(peer, 1);
	next_of_kind(&world, output, &event, OUTPUT_RETURNED);
	assert_int_equal(output_room(output), OUTPUT_BATCHES_MAX);
	end_output(&world, output);
	(void)close(peer);
	(void)close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_all_that_a_template_does_not_fit),
		cmocka_unit_test(tries_again_when_a_pause_ends_between_two_looks),
		cmocka_unit_test(what_no_template_can_make_is_refused),
		cmocka_unit_test(what_a_template_makes_empty_is_settled),
		cmocka_unit_test(a_webhook_is_tried_at_once_when_reopened),
		cmocka_unit_test(a_long_answer_is_one),
		cmocka_unit_test(a_headers_name_is_given_once),
		cmocka_unit_test(gives_back_what_was_never_refused),
	};

	return cmocka_run_group_tests(tests, set_up, folder_remove);
}
