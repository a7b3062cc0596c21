using System.Collections;
using Tidegate.Pilot.Sources;
using Tidegate.Pilot.Translation;
using Tidegate.Pilot.Translation.Steps;

namespace Tidegate.Pilot.Tests.Translation;

public sealed class TranslatorFailureTests
{
    [Fact]
    public void After_an_exception_a_translation_is_what_it_is_from_scratch()
    {
        var random = new RandomObjects(7);
        var before = ObjectSet.Of(Enumerable.Range(0, 50).Select(_ => random.Next()));
        var after = ObjectSet.Of(Enumerable.Range(0, 50).Select(_ => random.Next()));
        var translator = new Translator();
        translator.Translate(new TranslationInput(before));

        Assert.Throws<InvalidOperationException>(() => translator.Translate(new TranslationInput(after) { Endpoints = new Failing() }));
        TranslationResult result = translator.Translate(new TranslationInput(after));

        TranslationResult scratch = new Translator().Translate(new TranslationInput(after));
        Assert.Equal(
            scratch.Resources.Select(resource => (resource.Name, resource.Version)).ToHashSet(),
            result.Resources.Select(resource => (resource.Name, resource.Version)).ToHashSet());
        Assert.Equal(scratch.Diagnostics, result.Diagnostics);
    }

    // Fails half-way through a pass: after the gateway and the services are found, before there are clusters.
    private sealed class Failing : IReadOnlyList<EndpointOverride>
    {
        public int Count => 1;

        public EndpointOverride this[int index] => throw new InvalidOperationException();

        public IEnumerator<EndpointOverride> GetEnumerator() => throw new InvalidOperationException();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
