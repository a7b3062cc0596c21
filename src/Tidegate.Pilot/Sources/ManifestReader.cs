using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Sources.Kinds;
using Tidegate.Pilot.Sources.Reading;
using Tidegate.Pilot.Sources.Yaml;
using Tidegate.Pilot.Validation;

namespace Tidegate.Pilot.Sources;

/// <summary>What one manifest file holds.</summary>
/// <param name="Resources">The objects that could be read and are valid.</param>
/// <param name="Refused">The objects that are there and cannot be taken: their last good version stays in force.</param>
/// <param name="Diagnostics">What was found.</param>
/// <param name="OtherKinds">Kinds that the gateway does not read.</param>
/// <param name="HasUnreadableDocument">
/// Whether a part of the file could not be understood at all, so that an object which is not here may only be hidden.
/// </param>
internal sealed record Manifest(
    IReadOnlyList<Resource> Resources,
    IReadOnlyList<ResourceKey> Refused,
    IReadOnlyList<Diagnostic> Diagnostics,
    IReadOnlySet<string> OtherKinds,
    bool HasUnreadableDocument);

/// <summary>Reads manifest files: YAML or JSON, several documents, lists of objects.</summary>
internal sealed class ManifestReader(string defaultNamespace)
{
    /// <summary>Reads the text of a file. <paramref name="file"/> is what messages call it.</summary>
    public Manifest Read(string file, string text)
    {
        var reading = new Reading(file, defaultNamespace);
        foreach (YamlDocument document in YamlReader.Read(text))
        {
            if (document.Error is not null)
            {
                reading.Unreadable(document.ErrorLine, document.Error);
            }
            else if (document.Root is YamlMapping root)
            {
                reading.ReadObject(root);
            }
            else
            {
                reading.Unreadable(document.Root!.Line, $"found {document.Root.Describe()}, expected an object with apiVersion and kind");
            }
        }

        return reading.ToManifest();
    }

    private sealed class Reading(string file, string defaultNamespace)
    {
        private readonly List<Resource> _resources = [];
        private readonly List<ResourceKey> _refused = [];
        private readonly List<Diagnostic> _diagnostics = [];
        private readonly SortedSet<string> _otherKinds = new(StringComparer.Ordinal);
        private bool _hasUnreadable;

        public Manifest ToManifest() => new(_resources, _refused, _diagnostics, _otherKinds, _hasUnreadable);

        public void Unreadable(int line, string message)
        {
            _hasUnreadable = true;
            _diagnostics.Add(new Diagnostic(Severity.Error, "unreadable", null, string.Empty, file, line, message));
        }

        public void ReadObject(YamlMapping root)
        {
            string kind = TextOf(root["kind"]);
            string apiVersion = TextOf(root["apiVersion"]);
            if (kind.Length == 0 && apiVersion.Length == 0 && root["mesh"] is not null)
            {
                ReadMesh(root);
                return;
            }

            if (kind.Length == 0 || apiVersion.Length == 0)
            {
                Unreadable(root.Line, kind.Length == 0 ? "has no kind; expected apiVersion and kind" : $"{kind}: has no apiVersion; expected apiVersion and kind");
                return;
            }

            if (kind.EndsWith("List", StringComparison.Ordinal) && root["items"] is YamlSequence items)
            {
                ReadList(items);
                return;
            }

            KnownKind? known = KnownKinds.Find(kind, apiVersion);
            if (known is null)
            {
                _otherKinds.Add($"{kind} ({apiVersion})");
                return;
            }

            ReadKnown(known, apiVersion, root);
        }

        private static string TextOf(YamlNode? node) => node is YamlScalar { IsNull: false } scalar ? scalar.Value : string.Empty;

        private void ReadList(YamlSequence items)
        {
            foreach (YamlNode item in items.Items)
            {
                if (item is YamlMapping mapping)
                {
                    ReadObject(mapping);
                }
                else
                {
                    Unreadable(item.Line, $"items: found {item.Describe()}, expected an object");
                }
            }
        }

        private void ReadKnown(KnownKind known, string apiVersion, YamlMapping root)
        {
            // 1. Which object it is: without a name there is none.
            var metadataNode = root["metadata"] as YamlMapping;
            string name = TextOf(metadataNode?["name"]);
            string nameSpace = !known.IsNamespaced ? string.Empty : TextOf(metadataNode?["namespace"]) is { Length: > 0 } given ? given : defaultNamespace;
            var key = new ResourceKey(known.Kind, nameSpace, name);
            var context = new ReadingContext(file, key, _diagnostics);
            if (name.Length == 0)
            {
                context.Error("metadata.name", metadataNode?.Line ?? root.Line, "is missing; every object needs a name");
                _hasUnreadable = true;
                return;
            }

            // 2. Its fields.
            if (!known.ApiVersions.Contains(apiVersion))
            {
                context.Error("apiVersion", root["apiVersion"]!.Line, $"found {apiVersion}, expected one of {string.Join(", ", known.ApiVersions)}");
            }

            var origin = new YamlOrigin(file, root);
            var reader = new ObjectReader(context, root, string.Empty);
            reader.Ignore("apiVersion", "kind");
            ResourceMetadata metadata = reader.Object("metadata", inner => ReadMetadata(inner, name, nameSpace)) ?? new ResourceMetadata { Name = name, Namespace = nameSpace };
            Resource resource = known.Read(metadata, origin, reader);
            reader.Finish();

            // 3. What it says.
            Take(resource, context);
        }

        // A document that is the mesh's configuration alone.
        private void ReadMesh(YamlMapping root)
        {
            var key = new ResourceKey(nameof(ConfigMap), MeshConfigReading.MeshNamespace, ConfigMap.MeshName);
            var context = new ReadingContext(file, key, _diagnostics);
            var reader = new ObjectReader(context, root, string.Empty);
            Resource resource = MeshConfigReading.ReadDocument(new YamlOrigin(file, root), reader);
            reader.Finish();
            Take(resource, context);
        }

        private void Take(Resource resource, ReadingContext context)
        {
            bool isValid = !context.HasErrors;
            foreach (Diagnostic diagnostic in ResourceValidation.Validate(resource))
            {
                _diagnostics.Add(diagnostic);
                isValid &= diagnostic.Severity != Severity.Error;
            }

            if (isValid)
            {
                _resources.Add(resource);
            }
            else
            {
                _refused.Add(resource.Key);
            }
        }

        private static ResourceMetadata ReadMetadata(ObjectReader metadata, string name, string nameSpace)
        {
            metadata.Ignore(
                "name", "namespace", "uid", "selfLink", "managedFields", "ownerReferences", "finalizers", "generateName",
                "deletionTimestamp", "deletionGracePeriodSeconds", "clusterName");
            return new ResourceMetadata
            {
                Name = name,
                Namespace = nameSpace,
                Labels = metadata.Map("labels"),
                Annotations = metadata.Map("annotations"),
                CreationTimestamp = metadata.Time("creationTimestamp"),
                ResourceVersion = metadata.Text("resourceVersion"),
                Generation = metadata.Number("generation", 0, long.MaxValue),
            };
        }
    }
}
