#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "fake_daemon.h"
#include "tools/openmetrics.h"

namespace idled::tools {
namespace {

protocol::MetricsReply metrics() {
  protocol::MetricsReply reply;
  reply.version = "0.1\"\\\n";
  reply.started_at = "2026-01-31T09:30:00Z";
  reply.sessions = {{"active", 12}, {"warned", 1}};
  reply.logouts = {{"idle", 7}, {"kick", 2}};
  reply.events = {{"opened", 30}, {"warned", 9}};
  reply.registrations_within = {{250, 28}, {1'000'000, 30}};
  reply.registrations = 31;
  reply.registering_microseconds = 2'050'000;
  reply.policy_loaded_at = "2026-01-31T09:30:01Z";
  reply.policy_has_errors = true;
  return reply;
}

bool has_lines(const std::string& text, const std::string& lines) {
  return ("\n" + text).find("\n" + lines) != std::string::npos;
}

TEST(OpenMetrics, FamiliesHaveTheirHeadsAndSamples) {
  const std::string text = render_metrics(metrics(), MetricsFormat::kOpenMetrics);
  for (const char* lines :
       {"# HELP idled_sessions Logins that are watched, by their state.\n"
        "# TYPE idled_sessions gauge\n"
        "idled_sessions{state=\"active\"} 12\n"
        "idled_sessions{state=\"warned\"} 1\n",
        "# TYPE idled_logouts counter\n"
        "idled_logouts_total{cause=\"idle\"} 7\n"
        "idled_logouts_total{cause=\"kick\"} 2\n",
        "idled_logins_total{how=\"opened\"} 30\n"
        "idled_logins_total{how=\"adopted\"} 0\n",
        "# TYPE idled_warnings counter\n"
        "idled_warnings_total 9\n",
        "idled_stuck_ends_total 0\n",
        "# TYPE idled_registration_latency_seconds histogram\n"
        "# UNIT idled_registration_latency_seconds seconds\n"
        "idled_registration_latency_seconds_bucket{le=\"0.00025\"} 28\n"
        "idled_registration_latency_seconds_bucket{le=\"1.0\"} 30\n"
        "idled_registration_latency_seconds_bucket{le=\"+Inf\"} 31\n"
        "idled_registration_latency_seconds_count 31\n"
        "idled_registration_latency_seconds_sum 2.05\n",
        "idled_process_start_time_seconds 1769851800\n",
        "idled_policy_loaded_timestamp_seconds 1769851801\n", "idled_policy_has_errors 1\n",
        "idled_build_info{version=\"0.1\\\"\\\\?\"} 1\n"})
    EXPECT_TRUE(has_lines(text, lines)) << lines << "\nin\n" << text;
  EXPECT_TRUE(text.ends_with("\n# EOF\n"));
}

// Its parser takes a counter's samples for untyped ones unless the head is named as they are.
TEST(OpenMetrics, PrometheusFormatHasTheSuffixInTheHead) {
  const std::string text = render_metrics(metrics(), MetricsFormat::kPrometheus);
  EXPECT_TRUE(has_lines(text,
                        "# HELP idled_logouts_total Logins that were hung up, by what for.\n"
                        "# TYPE idled_logouts_total counter\n"
                        "idled_logouts_total{cause=\"idle\"} 7\n"))
      << text;
  EXPECT_TRUE(has_lines(text, "# TYPE idled_registration_latency_seconds histogram\n"));
  EXPECT_EQ(text.find("# EOF"), std::string::npos);
  EXPECT_EQ(text.find("# UNIT"), std::string::npos);
}

TEST(OpenMetrics, WhatTheDaemonDoesNotKnowIsLeftOut) {
  const std::string text = render_metrics({}, MetricsFormat::kOpenMetrics);
  EXPECT_EQ(text.find("policy_loaded"), std::string::npos) << "no time is not 1970";
}

class Metrics : public testing::Test {
 protected:
  FakeDaemon daemon_{[](const protocol::Call& call) {
    return std::vector{call.method == protocol::kMetrics ? reply(protocol::encode(metrics()))
                                                         : error(protocol::kMethodNotFound)};
  }};
};

TEST_F(Metrics, ArePrinted) {
  const Ran ran = run_idlectl(daemon_.socket(), {"metrics"});
  EXPECT_EQ(ran.code, ExitCode::kDone) << ran.err;
  EXPECT_EQ(ran.out, render_metrics(metrics(), MetricsFormat::kOpenMetrics));
}

TEST_F(Metrics, GoIntoAFileThatEverybodyReads) {
  const std::string path = testing::TempDir() + "idled-metrics-" + std::to_string(getpid());
  const mode_t before = umask(077);
  const Ran ran = run_idlectl(daemon_.socket(), {"metrics", "--prometheus", "-o", path});
  umask(before);
  EXPECT_EQ(ran.code, ExitCode::kDone) << ran.err;
  EXPECT_EQ(ran.out, "");
  std::ifstream file(path);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}),
            render_metrics(metrics(), MetricsFormat::kPrometheus));
  struct stat status {};
  EXPECT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0644U);
  unlink(path.c_str());
  const Ran failed = run_idlectl(daemon_.socket(), {"metrics", "-o", "/nonexistent/x.prom"});
  EXPECT_EQ(failed.code, ExitCode::kFailed);
  EXPECT_NE(failed.err.find("/nonexistent/x.prom"), std::string::npos);
}

// What a dead daemon said must grow old, so that it is noticed.
TEST_F(Metrics, OfADaemonThatIsNotThereReplaceNothing) {
  const std::string path = testing::TempDir() + "idled-metrics-none-" + std::to_string(getpid());
  const Ran ran = run_idlectl("/nonexistent", {"metrics", "-o", path});
  EXPECT_EQ(ran.code, ExitCode::kNoDaemon);
  EXPECT_NE(access(path.c_str(), F_OK), 0);
}

}  // namespace
}  // namespace idled::tools
