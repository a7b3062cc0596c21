using Microsoft.Extensions.Logging;
using Tidegate.Hosting.Background;
using Tidegate.Pilot.Translation;
using Tidegate.Pilot.Translation.Steps;

namespace Tidegate.Pilot.Snapshots;

/// <summary>All that is fetched from issuers for the configuration: key sets, and where providers have their endpoints.</summary>
internal sealed class IssuerDocuments : IAsyncDisposable
{
    private readonly IssuerClient _client;
    private readonly IssuerFetcher<KeySetSource, string> _keySets;
    private readonly IssuerFetcher<OpenIdProviderSource, OpenIdProvider> _providers;

    /// <param name="work">Runs it.</param>
    /// <param name="options">How long what may take.</param>
    /// <param name="logger">Is told what could not be had.</param>
    /// <param name="changed">Is called when anything has come or has changed.</param>
    public IssuerDocuments(BackgroundWork work, PilotOptions options, ILogger logger, Action changed)
    {
        _client = new IssuerClient(options.MaxKeySetBytes);
        _keySets = new(new("key set", static source => source.Uri, _client.FetchKeySetAsync, "its tokens are refused"), work, options, logger, changed);
        _providers = new(
            new("OpenID configuration", static source => source.Issuer, _client.FetchProviderAsync, "who has to log in there is refused"), work, options, logger, changed);
    }

    /// <summary>The input with what is known now; the same where that is what it has.</summary>
    public TranslationInput Into(TranslationInput input) =>
        ReferenceEquals(input.KeySets, _keySets.Known) && ReferenceEquals(input.Providers, _providers.Known)
            ? input
            : input with { KeySets = _keySets.Known, Providers = _providers.Known };

    /// <summary>Fetches from now on what a configuration asks for, and nothing else. Done when each that is new has been tried once; at the latest after some time.</summary>
    public Task WantAsync(TranslationResult asked) => Task.WhenAll(_keySets.WantAsync(asked.KeySets), _providers.WantAsync(asked.Providers));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _keySets.DisposeAsync().ConfigureAwait(false);
        await _providers.DisposeAsync().ConfigureAwait(false);
        _client.Dispose();
    }
}
