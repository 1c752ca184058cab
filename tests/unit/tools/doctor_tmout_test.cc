#include "doctor_machine.h"

namespace idled::tools::doctor {
namespace {

using DoctorTmout = DoctorTest;

TEST_F(DoctorTmout, ThereIsNoProfileScript) {
  remove("/etc/profile.d/idled.sh");
  EXPECT_EQ(ill(), Ids{"doubtful tmout.no-profile"});
  policy(R"({"defaults": {"tmout": "off"}})");  // nor is there need of one
  EXPECT_EQ(ill(), Ids{});
}

TEST_F(DoctorTmout, TheProfileDoesNotReadItsFolder) {
  write("/etc/profile", "# put things in /etc/profile.d\nPATH=/bin\n");
  EXPECT_EQ(ill(), Ids{"doubtful tmout.profile-not-read"});
}

TEST_F(DoctorTmout, AnEarlierOneIsReadonly) {
  for (const char* text :
       {"TMOUT=900\nreadonly TMOUT\nexport TMOUT\n", "declare -xr TMOUT=900\n",
        "[ $UID = 0 ] || readonly TMOUT=900\n", ": ${TMOUT:=900}\ntypeset -r TMOUT\n"}) {
    write("/etc/profile.d/a.sh", text);
    EXPECT_EQ(ill(), Ids{"wrong tmout.earlier-readonly"}) << text;
  }
  EXPECT_TRUE(says(found("tmout.earlier-readonly").what, "/etc/profile.d/a.sh:1"));
}

TEST_F(DoctorTmout, AnEarlierOneIsReplaced) {
  write("/etc/profile.d/a.sh", "export TMOUT=900\n");
  EXPECT_EQ(ill(), Ids{"doubtful tmout.earlier"});
  remove("/etc/profile.d/a.sh");
  write("/etc/profile",
        "# see /etc/profile.d\nTMOUT=900\nfor i in /etc/profile.d/*.sh; do . $i; done\n");
  EXPECT_EQ(ill(), Ids{"doubtful tmout.earlier"});
}

TEST_F(DoctorTmout, ALaterOneMeetsAReadonlyVariable) {
  write("/etc/profile.d/tmout.sh", "TMOUT=900\n");
  EXPECT_EQ(ill(), Ids{"wrong tmout.later"});
  remove("/etc/profile.d/tmout.sh");
  append("/etc/profile", "TMOUT=900\n");
  EXPECT_EQ(ill(), Ids{"wrong tmout.later"});
  EXPECT_TRUE(says(found("tmout.later").mend, "/etc/profile:5"));
}

TEST_F(DoctorTmout, WhatOnlyReadsOrMentionsItIsNone) {
  write("/etc/profile.d/a.sh",
        "# TMOUT=900\n[ \"$TMOUT\" = 900 ] && echo \"$TMOUT\"\nunset TMOUT\nMY_TMOUT=3\n");
  EXPECT_EQ(ill(), Ids{});
}

TEST_F(DoctorTmout, PamEnvGivesItToEverybody) {
  write("/etc/environment", "TMOUT=900\n");
  EXPECT_EQ(ill(), Ids{"wrong tmout.environment"});
  remove("/etc/environment");
  write("/etc/security/pam_env.conf", "TMOUT  DEFAULT=900\n");
  EXPECT_EQ(ill(), Ids{"wrong tmout.environment"});
}

TEST_F(DoctorTmout, ShellsHaveFilesOfTheirOwn) {
  for (const char* file : {"/etc/bash.bashrc", "/etc/bashrc", "/etc/zsh/zshrc"}) {
    write(file, "export TMOUT=900\n");
    EXPECT_EQ(ill(), Ids{"doubtful tmout.second"}) << file;
    remove(file);
  }
}

TEST_F(DoctorTmout, TcshHasAutologout) {
  write("/etc/csh/login.d/idled.csh", "set -r autologout = 5\n");
  EXPECT_EQ(ill(), Ids{});
  write("/etc/csh.cshrc", "set autologout=15\n");
  EXPECT_EQ(ill(), Ids{"doubtful tmout.autologout"});
}

TEST_F(DoctorTmout, ZshReadsNoProfile) {
  write("/usr/bin/zsh", "");
  EXPECT_EQ(ill(), Ids{"doubtful tmout.zsh"});
  write("/etc/zsh/zprofile", "[[ ! -r /etc/zsh/idled.zsh ]] || source /etc/zsh/idled.zsh\n");
  EXPECT_EQ(ill(), Ids{});
  write("/etc/zsh/zprofile", "emulate sh -c 'source /etc/profile'\n");
  EXPECT_EQ(ill(), Ids{});
}

}  // namespace
}  // namespace idled::tools::doctor
