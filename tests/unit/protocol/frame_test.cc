#include "protocol/frame.h"

#include <gtest/gtest.h>

#include <vector>

namespace idled::protocol {
namespace {

using std::string_literals::operator""s;

std::vector<std::string> drain(FrameDecoder& decoder) {
  std::vector<std::string> messages;
  while (auto message = decoder.next()) messages.push_back(*message);
  return messages;
}

const std::string kStream = "{\"a\":1}\0\0{\"bb\":22}\0{}\0"s;
const std::vector<std::string> kMessages{"{\"a\":1}", "", "{\"bb\":22}", "{}"};

TEST(Frame, EndsAMessageWithNul) {
  EXPECT_EQ(frame("{}"), "{}\0"s);
}

TEST(Frame, MessagesInOnePieceComeOutInOrder) {
  FrameDecoder decoder;
  ASSERT_TRUE(decoder.feed(kStream));
  EXPECT_EQ(drain(decoder), kMessages);
  EXPECT_EQ(decoder.buffered(), 0U);
}

TEST(Frame, AnyTwoCutsOfTheStreamGiveTheSameMessages) {
  for (std::size_t a = 0; a <= kStream.size(); ++a) {
    for (std::size_t b = a; b <= kStream.size(); ++b) {
      FrameDecoder decoder;
      std::vector<std::string> messages;
      for (const std::string& piece :
           {kStream.substr(0, a), kStream.substr(a, b - a), kStream.substr(b)}) {
        ASSERT_TRUE(decoder.feed(piece));
        for (std::string& message : drain(decoder)) messages.push_back(std::move(message));
      }
      EXPECT_EQ(messages, kMessages) << "cut at " << a << " and " << b;
    }
  }
}

TEST(Frame, PiecesMayBeFedWithoutTakingMessagesInBetween) {
  FrameDecoder decoder;
  for (const char c : kStream) ASSERT_TRUE(decoder.feed({&c, 1}));
  EXPECT_EQ(drain(decoder), kMessages);
}

TEST(Frame, AnUnfinishedMessageWaits) {
  FrameDecoder decoder;
  ASSERT_TRUE(decoder.feed("{\"half"));
  EXPECT_EQ(decoder.next(), std::nullopt);
  EXPECT_EQ(decoder.buffered(), 6U);
}

TEST(Frame, AMessageOfExactlyTheCapPasses) {
  FrameDecoder decoder(8);
  ASSERT_TRUE(decoder.feed("12345678\0"s));
  EXPECT_EQ(decoder.next(), "12345678");
}

TEST(Frame, ALongerOneIsRefusedBeforeItEnds) {
  FrameDecoder decoder(8);
  ASSERT_TRUE(decoder.feed("12345678"));
  const Result<void> fed = decoder.feed("9");
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().text, "message is longer than 8 bytes");
}

TEST(Frame, ALongerOneIsRefusedThoughItCameWhole) {
  FrameDecoder decoder(8);
  EXPECT_FALSE(decoder.feed("123456789\0"s));
}

TEST(Frame, ALongerOneIsRefusedAfterAndBeforeShortOnes) {
  FrameDecoder decoder(8);
  EXPECT_FALSE(decoder.feed("1\0"s + "123456789\0"s + "2\0"s));
}

TEST(Frame, TheCapIsForEachMessageNotForTheStream) {
  FrameDecoder decoder(8);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(decoder.feed("1234\0"s));
  EXPECT_EQ(drain(decoder).size(), 100U);
}

// With each piece searched from the start of the message this takes minutes.
TEST(Frame, AHugeMessageInSmallPiecesTakesLinearTime) {
  constexpr std::size_t kSize = 4 * 1024 * 1024;
  FrameDecoder decoder(kSize);
  const std::string piece(16, 'x');
  for (std::size_t fed = 0; fed < kSize; fed += piece.size()) {
    ASSERT_TRUE(decoder.feed(piece));
    ASSERT_EQ(decoder.next(), std::nullopt);
  }
  ASSERT_TRUE(decoder.feed("\0"s));
  EXPECT_EQ(decoder.next()->size(), kSize);
}

}  // namespace
}  // namespace idled::protocol
