using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Findings;
using Tidegate.Pilot.Translation.Listeners;
using Tidegate.Pilot.Translation.Passes;
using Tidegate.Pilot.Translation.Secrets;
using Tidegate.Xds;

namespace Tidegate.Pilot.Translation.Steps;

/// <summary>The step that makes the secrets that listeners and clusters ask for, each a resource of its own: a changed one changes nothing else.</summary>
internal static class SecretStep
{
    public static void Translate(TranslationPass pass)
    {
        var secrets = pass.Memory.SecretObjects.Items;
        var made = pass.Memory.Secrets.Get(
            [pass.Gateway, pass.ListenerResources, pass.ClusterResources, secrets, pass.Memory.DestinationRuleObjects.Items, pass.Patches, pass.Security, .. pass.SecurityPolicies.Used],
            () => TranslateAll(pass, secrets));
        pass.Resources.AddRange(made.Resources);
        pass.Findings.AddRange(made.Findings);
        pass.SecretSources = made.Sources;
    }

    private static MadeSecrets TranslateAll(TranslationPass pass, IReadOnlyList<Secret> secrets)
    {
        var references = new SecretReferences();
        references.AddListeners(pass.ListenerResources);
        references.AddClusters(pass.ClusterResources);
        references.AddPolicies(pass.Security.Secrets.Concat(pass.SecurityPolicies.Used.SelectMany(static policy => policy.Secrets)));
        references.AddPatches(pass.Patches?.All ?? []);
        var byName = secrets.ToDictionary(secret => (secret.Namespace, secret.Name));
        var translation = new SecretTranslation(pass.Node.Namespace, byName);
        var resources = new List<XdsResource>();
        var findings = new List<Finding>();
        var sources = new Dictionary<string, Secret>();
        foreach (var (name, isCertificate) in references.Names.Where(reference => SecretTranslation.IsServed(reference.Key)))
        {
            if (translation.Translate(name, isCertificate, out var problem) is { } secret)
            {
                sources[name] = translation.SourceOf(name)!;
                resources.Add(new XdsResource(new XdsName(XdsTypes.Secret, name), ContentHash.Of(secret).ToString(), secret));
            }
            else
            {
                var isMissing = translation.IsMissing(name);
                findings.AddRange(UsersOf(name, pass)
                    .Where(user => !isMissing || !user.IsToldByAnalysis)
                    .Select(user => Finding.Warning(DiagnosticCodes.SecretUnusable, user.Resource, user.Path, problem)));
            }
        }
        foreach (var (name, users) in references.Generic)
        {
            if (translation.Translate(name, users, out var problem) is { } secret)
            {
                sources[name] = translation.SourceOf(name)!;
                resources.Add(new XdsResource(new XdsName(XdsTypes.Secret, name), ContentHash.Of(secret).ToString(), secret));
            }
            else
            {
                findings.AddRange(users.Select(user => Finding.Warning(DiagnosticCodes.SecretUnusable, user.Resource, user.Path, problem)));
            }
        }
        return new MadeSecrets(resources, findings, sources);
    }

    // That a certificate which a Gateway names is not there is what analysis says of it (IST0101, or IST0161 where it was refused).
    private static IEnumerable<(Resource Resource, string Path, bool IsToldByAnalysis)> UsersOf(string name, TranslationPass pass)
    {
        foreach (var server in pass.Gateway.Ports.SelectMany(port => port.Servers).Where(server => server.Server.Tls is not null))
        {
            var tls = server.Server.Tls!;
            var isCertificate = tls.CredentialNames.Append(tls.CredentialName).Any(credential => Asks(credential, name));
            if (isCertificate || Asks(tls.CaCertCredentialName, name))
            {
                yield return (server.Gateway, $"servers[{server.Index}].tls", isCertificate);
            }
        }
        foreach (var rule in pass.Memory.DestinationRuleObjects.Items)
        {
            foreach (var (tls, path) in SettingsOf(rule.Spec).Where(settings => Asks(settings.Tls.CredentialName, name)))
            {
                yield return (rule, path, false);
            }
        }
    }

    private static IEnumerable<(ClientTlsSettings Tls, string Path)> SettingsOf(DestinationRuleSpec spec) =>
        SettingsOf(spec.TrafficPolicy, "trafficPolicy")
            .Concat(spec.Subsets.SelectMany((subset, index) => SettingsOf(subset.TrafficPolicy, $"subsets[{index}].trafficPolicy")));

    private static IEnumerable<(ClientTlsSettings Tls, string Path)> SettingsOf(TrafficPolicy? policy, string path)
    {
        if (policy?.Tls is { } tls)
        {
            yield return (tls, $"{path}.tls");
        }
        for (var i = 0; i < policy?.PortLevelSettings.Count; i++)
        {
            if (policy.PortLevelSettings[i].Tls is { } ofPort)
            {
                yield return (ofPort, $"{path}.portLevelSettings[{i}].tls");
            }
        }
    }

    private static bool Asks(string credential, string name) =>
        credential.Length > 0 && SdsSecrets.NameOf(credential) is var asked && (asked == name || asked + SdsSecrets.CaSuffix == name);
}
