using FsCheck;
using FsCheck.Fluent;
using Tidegate.Http.Tests.Fuzzing;

namespace Tidegate.Http.Tests.Http2.Connections;

/// <summary>However the bytes of a conversation are cut, they come to the same; and no bytes at all make the core throw.</summary>
public sealed class SplitProperties
{
    [Fact]
    public void Any_cut_gives_the_same_events_and_frames() => Check(
        from order in Gen.Elements(SampleMessages.Http2Sentences).ListOf()
        from cut in Gen.Choose(1, 40)
        select (order, cut),
        sample =>
        {
            byte[] said = [.. Frame.Preface, .. Frame.Settings(), .. sample.order.Take(12).SelectMany(sentence => sentence)];
            Conversation whole = Conversation.WithNobody();
            string events = whole.SayJoined(said);
            Conversation cut = Conversation.WithNobody(cut: position => 1 + ((position * 7) % sample.cut));
            Assert.Equal(events, cut.SayJoined(said));
            Assert.Equal(whole.Hear(), cut.Hear());
        });

    [Fact]
    public void Frames_of_any_content_end_in_events_and_never_throw() => Check(
        from frames in (from type in Gen.Choose(0, 11)
                        from flags in Gen.Choose(0, 255)
                        from stream in Gen.Choose(0, 9)
                        from payload in ArbMap.Default.GeneratorFor<byte[]>()
                        select Frame.Of(type, flags, stream, payload)).ListOf()
        select frames,
        frames => Conversation.WithNobody().Say([Frame.Preface, Frame.Settings(), Frame.Headers(1, Frame.Post), .. frames]));

    [Fact]
    public void Bytes_of_any_kind_never_throw() => Check(
        ArbMap.Default.GeneratorFor<byte[]>(),
        bytes => Conversation.WithNobody().Say([Frame.Preface, Frame.Settings(), Frame.Of(1, 5, 1, bytes), bytes]));

    private static void Check<T>(Gen<T> gen, Action<T> property) =>
        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(300).WithQuietOnSuccess(true), Prop.ForAll(gen.ToArbitrary(), property));
}
